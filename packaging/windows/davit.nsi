; The installers as they are made on other systems than Windows, to be tried under Wine: for one person or for all of a computer,
; silent, with Tauri's options and the same hooks. On Windows, Tauri makes those that ship (src-tauri/packages.windows.json).
;
;   makensis -DVERSION=0.1.0 -DFROM=folder -DINSTALLMODE=currentUser|perMachine -DOUTFILE=setup.exe davit.nsi
;
; FROM holds davit-app.exe, davit.exe, WebView2Loader.dll, licences.txt, and MicrosoftEdgeWebview2Setup.exe where there is one.
;
;   setup.exe [/S | /P] [/UPDATE] [/D=folder]       uninstall.exe [/S | /P] [/UPDATE] [/DELETEDATA]

Target amd64-unicode
Unicode true
SetCompressor /SOLID lzma
ManifestDPIAware true

!define UNINSTKEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Davit"
!define MANUPRODUCTKEY "Software\The Davit authors\Davit"
!define WEBVIEW2 "SOFTWARE\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW2_64 "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh

Var DeleteAppDataCheckboxState
Var DeleteAppDataCheckbox
Var PassiveMode
Var UpdateMode

!include "hooks.nsh"

!if "${INSTALLMODE}" == "perMachine"
  RequestExecutionLevel admin
  !define CONTEXT all
  !define PLACE "$PROGRAMFILES64\Davit"
!else
  RequestExecutionLevel user
  !define CONTEXT current
  ; As Tauri's, before the hooks put it elsewhere.
  !define PLACE "$LOCALAPPDATA\Davit"
!endif

!macro READ_WORDS
  SetShellVarContext ${CONTEXT}
  SetRegView 64
  ${GetParameters} $R8
  ClearErrors
  ${GetOptions} $R8 "/P" $R9
  ${IfNot} ${Errors}
    StrCpy $PassiveMode 1
  ${EndIf}
  ClearErrors
  ${GetOptions} $R8 "/UPDATE" $R9
  ${IfNot} ${Errors}
    StrCpy $UpdateMode 1
  ${EndIf}
!macroend

Name "Davit"
OutFile "${OUTFILE}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Davit"
VIAddVersionKey "FileDescription" "Davit"
VIAddVersionKey "LegalCopyright" "The Davit authors"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"

!define MUI_ICON "..\..\icons\icon.ico"
!define MUI_UNICON "..\..\icons\icon.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\davit-app.exe"

!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfPassive
!insertmacro MUI_PAGE_WELCOME
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfPassive
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfPassive
!insertmacro MUI_PAGE_FINISH
!define MUI_PAGE_CUSTOMFUNCTION_SHOW un.ShowBox
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE un.ReadBox
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Function .onInit
  !insertmacro READ_WORDS
  ; Said by /D, where it was, or as usual.
  ${If} $INSTDIR == ""
    ReadRegStr $INSTDIR SHCTX "${MANUPRODUCTKEY}" ""
  ${EndIf}
  ${If} $INSTDIR == ""
    StrCpy $INSTDIR "${PLACE}"
  ${EndIf}
FunctionEnd

Function un.onInit
  !insertmacro READ_WORDS
FunctionEnd

Function SkipIfPassive
  ${If} $PassiveMode = 1
    Abort
  ${EndIf}
FunctionEnd

Function un.ShowBox
  FindWindow $R0 "#32770" "" $HWNDPARENT
  System::Call 'user32::CreateWindowExW(i 0, w "BUTTON", w "Delete what Davit has on record", i 0x50010003, i 0, i 140, i 400, i 20, p R0, p 0, p 0, p 0) p.r1'
  StrCpy $DeleteAppDataCheckbox $1
  SendMessage $HWNDPARENT 0x0031 0 0 $1
  SendMessage $DeleteAppDataCheckbox 0x0030 $1 1
FunctionEnd

Function un.ReadBox
  SendMessage $DeleteAppDataCheckbox 0x00F0 0 0 $DeleteAppDataCheckboxState
FunctionEnd

Section WebView2
  ReadRegStr $4 HKLM "${WEBVIEW2_64}" "pv"
  ${If} $4 == ""
    ReadRegStr $4 HKCU "${WEBVIEW2}" "pv"
  ${EndIf}
  !if /FileExists "${FROM}/MicrosoftEdgeWebview2Setup.exe"
    ${If} $4 == ""
      InitPluginsDir
      File "/oname=$PLUGINSDIR\MicrosoftEdgeWebview2Setup.exe" "${FROM}/MicrosoftEdgeWebview2Setup.exe"
      ExecWait '"$PLUGINSDIR\MicrosoftEdgeWebview2Setup.exe" /silent /install' $1
      ${If} $1 <> 0
        Abort "Microsoft's WebView2 could not be installed."
      ${EndIf}
    ${EndIf}
  !endif
SectionEnd

Section Install
  SetOutPath $INSTDIR
  !insertmacro NSIS_HOOK_PREINSTALL
  File "${FROM}/davit-app.exe"
  File "${FROM}/davit.exe"
  File "${FROM}/WebView2Loader.dll"
  File "${FROM}/licences.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr SHCTX "${UNINSTKEY}" "DisplayName" "Davit"
  WriteRegStr SHCTX "${UNINSTKEY}" "DisplayIcon" '"$INSTDIR\davit-app.exe"'
  WriteRegStr SHCTX "${UNINSTKEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTKEY}" "Publisher" "The Davit authors"
  WriteRegStr SHCTX "${UNINSTKEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTKEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${MANUPRODUCTKEY}" "" "$INSTDIR"
  WriteRegDWORD SHCTX "${UNINSTKEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTKEY}" "NoRepair" 1
  CreateShortcut "$SMPROGRAMS\Davit.lnk" "$INSTDIR\davit-app.exe"
  !insertmacro NSIS_HOOK_POSTINSTALL
  ${If} $PassiveMode = 1
    SetAutoClose true
  ${EndIf}
SectionEnd

Section Uninstall
  !insertmacro NSIS_HOOK_PREUNINSTALL
  Delete "$INSTDIR\davit-app.exe"
  Delete "$INSTDIR\davit.exe"
  Delete "$INSTDIR\WebView2Loader.dll"
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\uninstall.exe"
  ; A folder that somebody stands in is not removed.
  SetOutPath $TEMP
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Davit.lnk"
  DeleteRegKey SHCTX "${UNINSTKEY}"
  DeleteRegKey SHCTX "${MANUPRODUCTKEY}"
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Davit"
  ; As Tauri's, and before the same hook: what comes after it is in the context of who uninstalls.
  ${If} $DeleteAppDataCheckboxState = 1
  ${AndIf} $UpdateMode <> 1
    SetShellVarContext current
    RMDir /r "$APPDATA\org.davit.app"
    RMDir /r "$LOCALAPPDATA\org.davit.app"
  ${EndIf}
  !insertmacro NSIS_HOOK_POSTUNINSTALL
SectionEnd
