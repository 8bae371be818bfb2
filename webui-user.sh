#!/usr/bin/env bash
# Your flags, as for AUTOMATIC1111; then start the studio with: ./webui-user.sh
#
# export COMMANDLINE_ARGS="--listen --api-auth me:secret"

# Whoever only sources this file wants the flags.
if [ "${BASH_SOURCE[0]}" != "$0" ]; then
    return
fi
source "$(dirname -- "$0")/scripts/_environment"
environment run
exec "$python" webui.py "$@"
