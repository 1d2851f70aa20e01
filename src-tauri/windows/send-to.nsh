; "Send to" in the menu of every file and folder in File Explorer. Davit takes the paths as any start does.
!macro NSIS_HOOK_POSTINSTALL
  CreateShortcut "$SENDTO\Davit.lnk" "$INSTDIR\${MAINBINARYNAME}.exe"
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  Delete "$SENDTO\Davit.lnk"
!macroend
