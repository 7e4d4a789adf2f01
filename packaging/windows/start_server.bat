@echo off
rem Starts Strongroom in this window, or as what NSSM runs (docs\windows.md).
rem Settings are in data\.env beside this file, or flags: start_server.bat --listen 127.0.0.1:9000
rem It stops cleanly on Ctrl+C.
cd /d "%~dp0"
strongroom.exe serve --data data %*
