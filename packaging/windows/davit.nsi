; The installer as it is made on other systems than Windows, to be tried under Wine: per user or per machine, silent, with
; Tauri's options and the same hooks. On Windows, Tauri makes the one that ships (src-tauri/packages.windows.json).
;
;   makensis -DVERSION=0.1.0 -DFROM=folder -DOUTFILE=setup.exe davit.nsi
;
; FROM holds davit-app.exe, davit.exe, WebView2Loader.dll, licences.txt, and MicrosoftEdgeWebview2Setup.exe where there is one.
;
;   setup.exe [/S] [/CurrentUser | /AllUsers] [/D=folder]       uninstall.exe [/S] [/DELETEDATA]

Target amd64-unicode
Unicode true
SetCompressor /SOLID lzma
ManifestDPIAware true

!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_INSTDIR "Davit"
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_EXECUTIONLEVEL Highest
!define UNINSTKEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Davit"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${UNINSTKEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "CurrentUser"
!define WEBVIEW2 "SOFTWARE\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW2_64 "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include MultiUser.nsh

Var DeleteAppDataCheckboxState
Var DeleteAppDataCheckbox
Var UpdateMode

!include "hooks.nsh"

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

!insertmacro MUI_PAGE_WELCOME
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!define MUI_PAGE_CUSTOMFUNCTION_SHOW un.ShowBox
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE un.ReadBox
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Function .onInit
  !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
  !insertmacro MULTIUSER_UNINIT
  ${GetParameters} $R8
  ClearErrors
  ${GetOptions} $R8 "/UPDATE" $R9
  ${IfNot} ${Errors}
    StrCpy $UpdateMode 1
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
  WriteRegStr SHCTX "${UNINSTKEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${UNINSTKEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegStr SHCTX "${UNINSTKEY}" $MultiUser.InstallMode 1
  WriteRegDWORD SHCTX "${UNINSTKEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTKEY}" "NoRepair" 1
  CreateShortcut "$SMPROGRAMS\Davit.lnk" "$INSTDIR\davit-app.exe"
  !insertmacro NSIS_HOOK_POSTINSTALL
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
