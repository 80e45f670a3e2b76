#!/bin/bash
# The main job on four real servers, from the first plan to nothing left.  `make demo` builds
# the program and runs this; the same commands work by hand (README.md).
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
PATH="$(dirname "${HADEPLOY:-$here/../../build/hadeploy}"):$PATH"
folder=$(mktemp -d)
project=$folder/quickstart
files=$project/hosts

stop() {
	status=$?
	trap - EXIT
	"$here/servers" down "$project" >/dev/null 2>&1 || true
	rm -rf "$folder"
	[ "$status" -eq 0 ] || echo "demo: stopped with status $status" >&2
	exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n# %s\n' "$*"; }
run() {
	echo "\$ $*"
	"$@" 2>&1
}
# A command that is to end with another code than 0.
run_for() {
	wanted=$1
	shift
	status=0
	run "$@" || status=$?
	[ "$status" -eq "$wanted" ] && return
	echo "demo: '$*' ended with $status instead of $wanted" >&2
	return 1
}
pages() {
	port=$(sed -n 's/.*HttpPort: \([0-9]*\).*/\1/p' hadeploy.yaml)
	for address in 127.10.1.11 127.10.2.11 127.20.1.11 127.20.2.11; do
		echo "\$ wget -qO- http://$address:$port/"
		busybox wget -qO- "http://$address:$port/"
	done
}
nothing_left() {
	if [ -e "$files" ] && [ -n "$(find "$files" -type f)" ]; then
		find "$files" >&2
		return 1
	fi
	for address in 127.10.1.11 127.10.2.11 127.20.1.11 127.20.2.11; do
		if (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; then
			echo "demo: a web server still answers on $address" >&2
			return 1
		fi
	done
	echo "no file below $files, no web server answers"
}

say "Two regions of two zones, one real SSH server in each zone"
echo "\$ examples/quickstart/servers up $project"
"$here/servers" up "$project"
cd "$project"
chmod 600 keys/id_ed25519

say "Is what is written right? No network is needed to tell"
run hadeploy validate

say "What would be done?"
run hadeploy plan

say "Do it, in both regions at once"
run hadeploy apply --yes

say "Every host serves its page"
pages

say "Again: nothing to do, and no connection is made"
run hadeploy apply --yes

say "Change a parameter: only what depends on it changes, in place"
sed -i 's/Greeting: Hello/Greeting: Good morning/' hadeploy.yaml
run_for 2 hadeploy plan --exit-code
run hadeploy apply --yes
pages

say "Where are we?"
run hadeploy status
run hadeploy outputs
run hadeploy state list

say "Somebody changes a file by hand; drift names it, apply --refresh mends it"
echo '<h1>Under new management</h1>' >"$files/web-w2/www/index.html"
run_for 2 hadeploy drift --exit-code
run hadeploy apply --yes --refresh
pages | tail -n 2

say "Take everything away again"
run hadeploy destroy --yes
run hadeploy state list
nothing_left

say "Done. The servers are stopped; README.md has the same steps by hand"
