; What Davit's installers do beside copying files. Tauri's include it on Windows, and davit.nsi includes it too: it is tried wherever
; either is. There are two, by INSTALLMODE: one for a person (currentUser), which asks nobody for an administrator and is what updates
; are, and one for all of a computer (perMachine).
;
; - One person's installation lies in Programs, and gets an entry in "Send to". All persons' gets "Upload with Davit" for files and folders
;   instead: "Send to" is each person's own.
; - What Davit has on record stays, unless the uninstaller is told otherwise: by its box, or silently by /DELETEDATA. It then goes
;   of who uninstalls, and of nobody else: by SYSTEM, as device managers uninstall, that is nobody's.
; - policy.json beside the programs is the company's and is never touched, whatever stands behind its name.
; - Where nobody sees pages (silently, or as an update), what runs is asked to end by Windows itself, puts on record what it does, and
;   is not made to end: what does not end, or is another person's, goes on from beside its place, and the next start is the new version.
;   An update asks the window alone: "davit watch run" would be started again by nobody. Who sees pages is asked by Tauri's installer
;   about the window, which ends it then.

!define DAVIT_VERB "Software\Classes\*\shell\Davit"
!define DAVIT_VERB_OF_FOLDERS "Software\Classes\Directory\shell\Davit"
!define DAVIT_PATH "Software\Microsoft\Windows\CurrentVersion\App Paths\davit.exe"

; Where Tauri's installer would put one person's programs there are that person's records.
!define MUI_CUSTOMFUNCTION_GUIINIT DavitPlace
Function DavitPlace
  ${If} $INSTDIR == "$LOCALAPPDATA\Davit"
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Davit"
  ${EndIf}
FunctionEnd

!macro DAVIT_WRITE_VERB KEY
  WriteRegStr SHCTX "${KEY}" "" "Upload with Davit"
  WriteRegStr SHCTX "${KEY}" "Icon" "$INSTDIR\davit-app.exe"
  WriteRegStr SHCTX "${KEY}\command" "" '"$INSTDIR\davit-app.exe" --add "%1"'
!macroend

; Told which half of the registry: by the time of the last hook SHCTX may be that of who uninstalls, whatever was installed.
!macro DAVIT_DELETE_KEYS ROOT
  DeleteRegKey ${ROOT} "${DAVIT_VERB}"
  DeleteRegKey ${ROOT} "${DAVIT_VERB_OF_FOLDERS}"
  DeleteRegKey ${ROOT} "${DAVIT_PATH}"
!macroend

; Has Windows (its Restart Manager) ask who runs a program to end: the window hears of the end of a session, the command line of Ctrl-C.
!macro DAVIT_ASK_TO_END PROGRAM
  System::Call 'RSTRTMGR::RmStartSession(*i .R0, i 0, w .R1) i .R2'
  ${If} $R2 == 0
    ; A list of one path.
    System::Call '*(&w${NSIS_MAX_STRLEN} "$INSTDIR\${PROGRAM}") p .R3'
    System::Call '*(p R3) p .R4'
    System::Call 'RSTRTMGR::RmRegisterResources(i R0, i 1, p R4, i 0, p 0, i 0, p 0) i .R2'
    System::Call 'RSTRTMGR::RmGetList(i R0, *i .R5, *i .R6, p 0, *i .R7) i .R2'
    ; ERROR_MORE_DATA: somebody does.
    ${If} $R2 == 234
      System::Call 'RSTRTMGR::RmShutdown(i R0, i 0, p 0) i .R2'
    ${EndIf}
    System::Call 'RSTRTMGR::RmEndSession(i R0)'
    System::Free $R4
    System::Free $R3
  ${EndIf}
!macroend

; A program that runs can be renamed, and neither written to nor deleted.
!macro DAVIT_MOVE_ASIDE PROGRAM
  ${If} ${FileExists} "$INSTDIR\${PROGRAM}"
    ClearErrors
    FileOpen $R0 "$INSTDIR\${PROGRAM}" a
    ${If} ${Errors}
      System::Call 'kernel32::GetTickCount() i .R0'
      Rename "$INSTDIR\${PROGRAM}" "$INSTDIR\${PROGRAM}.$R0.old"
      Delete /REBOOTOK "$INSTDIR\${PROGRAM}.$R0.old"
      ; Nobody has to start the computer again for it.
      SetRebootFlag false
    ${Else}
      FileClose $R0
    ${EndIf}
  ${EndIf}
!macroend

!macro DAVIT_MAKE_WAY
  ; Of what ran the last time.
  Delete "$INSTDIR\davit*.exe.*.old"
  ${If} $UpdateMode <> 1
    !insertmacro DAVIT_ASK_TO_END "davit.exe"
  ${EndIf}
  !insertmacro DAVIT_MOVE_ASIDE "davit.exe"
  ; Who sees pages is asked about the window by Tauri's installer, and whatever has its name would be made to end there.
  ${If} ${Silent}
  ${OrIf} $PassiveMode = 1
    !insertmacro DAVIT_ASK_TO_END "davit-app.exe"
    !insertmacro DAVIT_MOVE_ASIDE "davit-app.exe"
  ${EndIf}
  ClearErrors
!macroend

; What runs is moved out of the folder, which could not be removed else: one person may leave nothing to the next start of the computer.
!macro DAVIT_CLEAR_AWAY
  FindFirst $R1 $R2 "$INSTDIR\davit*.exe.*.old"
  ${DoUntil} $R2 == ""
    Rename "$INSTDIR\$R2" "$TEMP\$R2"
    Delete /REBOOTOK "$TEMP\$R2"
    SetRebootFlag false
    FindNext $R1 $R2
  ${Loop}
  FindClose $R1
  ClearErrors
!macroend

!macro NSIS_HOOK_PREINSTALL
  Call DavitPlace
  SetOutPath $INSTDIR
  ; It was made a line before, where there are no records.
  !if "${INSTALLMODE}" == "currentUser"
    RMDir "$LOCALAPPDATA\Davit"
  !endif
  !insertmacro DAVIT_MAKE_WAY
!macroend

!macro NSIS_HOOK_POSTINSTALL
  !if "${INSTALLMODE}" == "perMachine"
    !insertmacro DAVIT_WRITE_VERB "${DAVIT_VERB}"
    !insertmacro DAVIT_WRITE_VERB "${DAVIT_VERB_OF_FOLDERS}"
  !else
    CreateShortcut "$SENDTO\Davit.lnk" "$INSTDIR\davit-app.exe" "--add"
  !endif
  ; So that "davit" typed into Start or Run is found.
  WriteRegStr SHCTX "${DAVIT_PATH}" "" "$INSTDIR\davit.exe"
!macroend

!macro NSIS_HOOK_PREUNINSTALL
  ${GetParameters} $R8
  ClearErrors
  ${GetOptions} $R8 "/DELETEDATA" $R9
  ${IfNot} ${Errors}
    StrCpy $DeleteAppDataCheckboxState 1
  ${EndIf}
  !insertmacro DAVIT_MAKE_WAY
  !insertmacro DAVIT_CLEAR_AWAY
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  !if "${INSTALLMODE}" == "perMachine"
    !insertmacro DAVIT_DELETE_KEYS HKLM
  !else
    Delete "$SENDTO\Davit.lnk"
    !insertmacro DAVIT_DELETE_KEYS HKCU
  !endif
  ${If} $DeleteAppDataCheckboxState = 1
  ${AndIf} $UpdateMode <> 1
    SetShellVarContext current
    ; Records and settings of who uninstalls.
    RMDir /r "$LOCALAPPDATA\davit\Davit"
    RMDir "$LOCALAPPDATA\davit"
  ${EndIf}
!macroend
