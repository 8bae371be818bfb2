@echo off
rem Your flags, as for AUTOMATIC1111; then start the studio with: webui-user.bat

set COMMANDLINE_ARGS=

cd /d "%~dp0"
if not exist .venv\Scripts\python.exe py -3 -m venv .venv || exit /b 1
.venv\Scripts\python -m pip install -qq --disable-pip-version-check -c constraints.txt -e . || exit /b 1
.venv\Scripts\python webui.py %*
