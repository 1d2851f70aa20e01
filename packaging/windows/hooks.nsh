; What Davit's installer does beside copying files. Tauri's installer includes it on Windows, and davit.nsi includes it too:
; it is tried wherever either is.
;
; - One person's installation gets an entry in "Send to". All persons' gets "Upload with Davit" for files and folders
;   instead: "Send to" is each person's own.
; - What Davit has on record stays, unless the uninstaller is told otherwise: by its box, or silently by /DELETEDATA. It then goes
;   of who uninstalls, and of nobody else: by SYSTEM, as device managers uninstall, that is nobody's.
; - %ProgramData%\Davit is the company's and is never touched.

!define DAVIT_VERB "Software\Classes\*\shell\Davit"
!define DAVIT_VERB_OF_FOLDERS "Software\Classes\Directory\shell\Davit"
!define DAVIT_PATH "Software\Microsoft\Windows\CurrentVersion\App Paths\davit.exe"

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

!macro NSIS_HOOK_PREINSTALL
!macroend

!macro NSIS_HOOK_POSTINSTALL
  ${If} $MultiUser.InstallMode == "AllUsers"
    !insertmacro DAVIT_WRITE_VERB "${DAVIT_VERB}"
    !insertmacro DAVIT_WRITE_VERB "${DAVIT_VERB_OF_FOLDERS}"
  ${Else}
    CreateShortcut "$SENDTO\Davit.lnk" "$INSTDIR\davit-app.exe" "--add"
  ${EndIf}
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
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  Delete "$SENDTO\Davit.lnk"
  ${If} $MultiUser.InstallMode == "AllUsers"
    !insertmacro DAVIT_DELETE_KEYS HKLM
  ${Else}
    !insertmacro DAVIT_DELETE_KEYS HKCU
  ${EndIf}
  ${If} $DeleteAppDataCheckboxState = 1
  ${AndIf} $UpdateMode <> 1
    SetShellVarContext current
    ; Records and settings of who uninstalls.
    RMDir /r "$LOCALAPPDATA\davit\Davit"
    RMDir "$LOCALAPPDATA\davit"
  ${EndIf}
!macroend
