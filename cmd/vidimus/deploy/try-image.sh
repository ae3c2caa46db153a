#!/bin/sh
# Builds the images of the Dockerfile, runs them, and says whether they do what they are
# for: as root, on Debian or what descends from it, without Docker:
#
#   make image-try
#
# The base that FROM names is made here, of Debian's packages and this machine's Go. Modules
# come from this machine's module cache, filled first by its own GOPROXY and mounted
# read-only, and what was compiled before from its build cache; the images are built
# without a network. Mounts and processes are of namespaces of their own and
# end with them; everything else is in one temporary folder, which is removed.
set -eu

die() { echo "try-image: $*" >&2; exit 1; }
say() { echo "== $*"; }

# need COMMAND PACKAGE
need() {
	command -v "$1" >/dev/null && return
	command -v apt-get >/dev/null || die "$1 is missing, and so is apt-get: install it, please"
	{ apt-get update -q && apt-get install -q -y --no-install-recommends "$2"; } >&2 || die "$2 cannot be installed"
}

# Below, words are split on purpose: commands and environments are lists of them.

# pin NAME is the value that the Dockerfile gives an ARG.
pin() { sed -n "s/^ARG $1=//p" cmd/vidimus/deploy/Dockerfile; }

prepare() {
	[ "$(id -u)" = 0 ] || die "only root can make file systems and namespaces: try it with sudo"
	command -v go >/dev/null || die "install Go, please: the images are built with this machine's"
	need buildah buildah
	need debootstrap debootstrap
	need unshare util-linux
	need ip iproute2
	need curl curl
	revision=$(git rev-parse HEAD) || die "there is no commit to name"
	work=$(mktemp -d)
	step=
	trap ended EXIT
	trap 'exit 1' INT TERM HUP
	say "modules and tools of $revision"
	go mod download || die "the modules cannot be had"
	# With its dependencies, into the caches; the program itself is not used.
	CGO_ENABLED=0 GOBIN="$work/unused" go install "github.com/versity/versitygw/cmd/versitygw@$(pin VERSITYGW_VERSION)" || die "versitygw cannot be had"
	chmod 711 "$work" # users of the images pass through
	export work revision
	apart base
	apart images --net
	say "The images were built and do what they are for."
}

# apart does a step in namespaces of its own; in the background, so that signals are
# heard meanwhile.
apart() {
	name=$1
	shift
	unshare --mount --pid --fork --mount-proc --kill-child "$@" sh "$self" "$name" &
	step=$!
	wait "$step" || exit 1
	step=
}

# ended removes what was made. With its namespace each process of a step ends, a moment later.
ended() {
	[ -z "$step" ] || kill -KILL "$step" 2>/dev/null || true
	rm -rf "$work" 2>/dev/null || { sleep 2; rm -rf "$work"; }
}

# base makes a root of Debian with Go. Only this step uses Debian's archive.
base() {
	say "a root of Debian"
	suite=$(pin GO_IMAGE | sed 's/.*-//')
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$work/base" $mirror >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "debootstrap failed"; }
}

buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }

# tag gives the base the name that FROM has.
tag() {
	image=$(pin GO_IMAGE)
	here=$(go env GOVERSION)
	case $image in golang:${here#go}-*) ;; *) say "note: FROM names $image, and this machine has $here" ;; esac
	c=$(buildah from scratch)
	at=$(buildah mount "$c")
	cp -a "$work/base/." "$at/"
	mkdir -p "$at$(dirname "$(go env GOROOT)")"
	cp -a "$(go env GOROOT)" "$at$(go env GOROOT)"
	# The checksums of modules were looked at when the cache was filled.
	buildah config --env "PATH=$(go env GOROOT)/bin:/usr/sbin:/usr/bin:/sbin:/bin" --env GOTOOLCHAIN=local \
		--env "GOFLAGS=$(go env GOFLAGS)" --env "GOMODCACHE=$(go env GOMODCACHE)" --env "GOCACHE=$(go env GOCACHE)" \
		--env "GOPROXY=file://$(go env GOMODCACHE)/cache/download" --env GOSUMDB=off "$c"
	buildah commit --quiet --rm "$c" "docker.io/library/$image" >/dev/null || die "the base cannot be made"
	rm -rf "$work/base"
}

# built TARGET builds a stage of the Dockerfile; the format is Docker's, which alone has
# health checks.
built() {
	say "the image $1"
	buildah bud --quiet --isolation chroot --format docker --pull-never --layers \
		--volume "$(go env GOMODCACHE):$(go env GOMODCACHE):ro" --volume "$(go env GOCACHE):$(go env GOCACHE)" \
		--build-arg "REVISION=$revision" --target "$1" --tag "try-$1" -f cmd/vidimus/deploy/Dockerfile . >"$work/log" 2>&1 ||
		{ tail -n 20 "$work/log" >&2; die "the image $1 cannot be built"; }
}

# config IMAGE FIELD
config() { buildah inspect --type image --format "{{range .Docker.Config.$2}}{{.}} {{end}}" "$1"; }

# run IMAGE FOLDER... leaves in $in the command that runs a program in an image: its root is
# read-only but for these folders, which begin as the image has them; its user is the
# image's, without capabilities.
run() {
	image=$1
	shift
	root=$(buildah mount "$(buildah from --pull-never "$image")")
	mkdir -p "$root/proc" "$root/testdata"
	for folder; do
		[ -d "$root/$folder" ] || die "the image $image has no folder /$folder"
		cp -a "$root/$folder" "$work/$image-$folder"
		mount --bind "$work/$image-$folder" "$root/$folder"
	done
	mount --bind testdata "$root/testdata"
	mount -o remount,bind,ro "$root/testdata"
	mount -t proc proc "$root/proc"
	mount -o remount,bind,ro "$root"
	touch "$root/written" 2>/dev/null && die "the root of $image is not read-only"
	user=$(buildah inspect --type image --format '{{.Docker.Config.User}}' "$image")
	case $user in "" | 0* | root*) die "the image $image runs as root" ;; esac
	in="env -i $(config "$image" Env) $secrets $(command -v setpriv) --no-new-privs $(command -v chroot) --userspec=$user --groups= $root"
}

# until_ok WHAT COMMAND... tries a command for half a minute.
until_ok() {
	what=$1
	shift
	for _ in $(seq 60); do
		"$@" >"$work/log" 2>&1 && return
		sleep 0.5
	done
	cat "$work/log" "$work"/*.err >&2
	die "$what"
}

images() {
	ip link set lo up
	tag
	built vidimus
	built gateway

	label=$(buildah inspect --type image --format '{{index .Docker.Config.Labels "org.opencontainers.image.revision"}}' try-vidimus)
	[ "$label" = "$revision" ] || die "the label of the image names the commit '$label', not $revision"

	say "the gateway"
	secrets="ROOT_ACCESS_KEY=vidimus ROOT_SECRET_KEY=try-image"
	run try-gateway objects versions
	$in $(config try-gateway Entrypoint) >"$work/gateway.err" 2>&1 &
	gateway=$!
	until_ok "the gateway makes no bucket with object lock" curl --fail --silent --show-error --request PUT --header 'x-amz-bucket-object-lock-enabled: true' \
		--header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --aws-sigv4 aws:amz:us-east-1:s3 --user vidimus:try-image http://127.0.0.1:7070/evidence

	say "the program"
	secrets="AWS_ACCESS_KEY_ID=vidimus AWS_SECRET_ACCESS_KEY=try-image VIDIMUS_DRAIN=1s VIDIMUS_OFFLINE=true
		VIDIMUS_LISTS=/testdata/world/lists VIDIMUS_LOTL_ANCHORS=/testdata/world/lotl-anchors.pem VIDIMUS_API_KEYS=/data/keys.jsonl"
	run try-vidimus data tmp
	program=$(config try-vidimus Entrypoint)
	health=$(config try-vidimus Healthcheck.Test)
	health=${health#CMD } # without a shell: there is none in the image
	says=$($in $program version) || die "version fails"
	case $says in *"+$(echo "$revision" | cut -c 1-12) "*) echo "$says" ;; *) die "version says '$says', and does not name $revision" ;; esac
	status=0
	timeout 20 $in $program $(config try-vidimus Cmd) >"$work/serve.err" 2>&1 || status=$?
	case $status in 0 | 124) die "it serves although the file of keys is not there" ;; esac
	key=$($in $program key new --api-keys /data/keys.jsonl --tenant acme 2>"$work/key.err" | tail -n 1)
	[ -n "$key" ] || die "no key is made: $(cat "$work/key.err")"
	$in $health >"$work/log" 2>&1 && die "the health check says yes where nobody serves: $(cat "$work/log")"

	for store in "dir:/data/vidimus/archive" "s3://evidence/try?endpoint=http://127.0.0.1:7070&region=us-east-1&lock=compliance&retain=1d"; do
		played "$store"
	done
	kill -TERM "$gateway"
	wait "$gateway" || die "the gateway ends with $?: $(cat "$work/gateway.err")"
}

# played STORE looks, serves, puts, stops.
played() {
	say "doctor, serve and stop on $1"
	$in $program doctor --store "$1" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "the doctor finds something wrong"; }
	grep -c . "$work/log" | sed 's/$/ lines of the doctor, none of them fail/'
	$in $program $(config try-vidimus Cmd) --store "$1" >"$work/serve.err" 2>&1 &
	serve=$!
	until_ok "the health check does not say yes: $health" $in $health
	sed "s#^#$health: #" "$work/log"
	until_ok "it is not ready" $in $program doctor --url http://127.0.0.1:8080/readyz
	code=$(curl --silent --output "$work/answer" --write-out '%{http_code}' --header "Authorization: Bearer $key" --form file=@testdata/contract.asice http://127.0.0.1:8080/v1/bundles)
	[ "$code" = 201 ] || die "a file that is put: status $code, $(cat "$work/answer")"
	grep -q '"indication":"TOTAL-PASSED"' "$work/answer" || die "the contract is judged otherwise: $(cat "$work/answer")"
	kill -TERM "$serve"
	status=0
	wait "$serve" || status=$?
	[ "$status" = 0 ] || die "told to stop it ends with $status: $(cat "$work/serve.err")"
	tenant=$(echo "$1" | sed 's#^\([^?]*\)#\1/tenants/acme#')
	$in $program archive verify --all --store "$tenant" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "what was put is not whole"; }
	cat "$work/log"
}

self=cmd/vidimus/deploy/try-image.sh
cd "$(dirname "$0")/../../.."
"${1:-prepare}"
