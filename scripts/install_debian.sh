#!/bin/sh
# Installs the Debian packages that the tests use for real: SIP peers, a browser, a database server, voices.
# Installs what it may and says plainly what it could not: those tests then say that they did not run.
set -u
missing=""
need() {
    # $1: what to look for; $2: its package
    if ! command -v "$1" >/dev/null 2>&1 && ! ls $1 >/dev/null 2>&1; then
        missing="$missing $2"
    fi
}
need sipp sip-tester
need baresip baresip
need linphonec linphone-cli
need sipsak sipsak
need /usr/sbin/kamailio kamailio
need '/usr/lib/*/kamailio/modules/tls.so' kamailio-tls-modules
need '/usr/lib/*/kamailio/modules/jansson.so' kamailio-extra-modules
need openssl openssl
need chromium chromium
need ffmpeg ffmpeg
need fstcompile libfst-tools
need text2wave festival
need '/usr/share/festival/voices/russian/*' festvox-ru
for voice in dita krb machac ph; do
    need "/usr/share/festival/voices/czech/czech_$voice" "festvox-czech-$voice"
done
need '/usr/share/doc/asterisk-core-sounds-ru/core-sounds-ru.txt.gz' asterisk-core-sounds-ru
need '/usr/share/asterisk/sounds/ru*/goodbye.wav' asterisk-core-sounds-ru-wav
need '/usr/lib/postgresql/*/bin/initdb' postgresql
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "liniya: not installed, no right to:$missing; the tests that need them will not run" >&2
    exit 0
fi
echo "liniya: installing Debian packages for the tests:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1
for package in $missing; do
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
        echo "liniya: the package $package could not be installed; the tests that need it will not run" >&2
done
exit 0
