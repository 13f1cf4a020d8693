# SPDX-License-Identifier: MIT
# Certificates and TLS peers for bats files. Load it after cli.bash.
#
#	certs_make DIR		in setup_file(): makes DIR with
#		ca.pem				the authority of all but self.pem and stranger.pem
#		good.pem good.key		one.test, *.wild.test, 127.0.0.1, ::1
#		chain.pem			the same by way of an intermediate authority, the key included
#		other.pem expired.pem self.pem	for other.test; over since 2021; signed by itself (key included)
#		two.pem				for two.test (key included)
#		client.pem stranger.pem		CN=app, app@a.test (key included); the same from somebody else
#		client.p12 locked.key pass	PKCS#12 and an encrypted key of client.pem, and the password of both
#	tls_peer_start HABIT ARG...	tests/support/tls_peer.py; sets PEER_PID, PEER (port)
#	tls_peer HABIT ARG...		the same for habits of clients, in the foreground
#	background COMMAND...		in the background, ended by teardown; sets BG_PID

certs_sign() { # NAME CN SAN CA DAYS-ARGS...
	local name=$1 cn=$2 san=$3 ca=$4
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -subj "/CN=$cn" \
		-out "$name.csr"
	printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\n' "$san" >"$name.ext"
	openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial -days 30 -extfile "$name.ext" \
		-out "$name.crt"
	cat "$name.crt" "$name.key" >"$name.pem"
}

certs_authority() { # NAME CN
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" -days 30 \
		-addext basicConstraints=critical,CA:TRUE -out "$1.pem"
}

# Only `openssl ca` sets both dates.
certs_expired() {
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n' >ca.cnf
	printf '[p]\ncommonName=supplied\n' >>ca.cnf
	: >index
	echo 1000 >serial
	certs_sign expired one.test 'DNS:one.test,IP:127.0.0.1' ca
	openssl ca -batch -config ca.cnf -in expired.csr -cert ca.pem -keyfile ca.key -extfile expired.ext -notext \
		-startdate 20200101000000Z -enddate 20210101000000Z -out expired.crt
	cat expired.crt expired.key >expired.pem
}

certs_make() (
	exec >/dev/null 2>"$1.log"
	set -e
	mkdir "$1"
	cd "$1"
	certs_authority ca 'Test CA'
	certs_authority nobody 'Nobody CA'
	certs_sign good one.test 'DNS:one.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1' ca
	certs_sign other other.test DNS:other.test ca
	certs_sign two two.test DNS:two.test ca
	certs_sign client app 'email:app@a.test,DNS:app.test' ca
	certs_sign stranger app 'email:app@a.test,DNS:app.test' nobody
	certs_expired
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -subj /CN=one.test -days 30 \
		-addext 'subjectAltName=DNS:one.test,IP:127.0.0.1' -out self.crt
	cat self.crt self.key >self.pem
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout middle.key -subj '/CN=Middle CA' \
		-out middle.csr
	printf 'basicConstraints=critical,CA:TRUE\n' >middle.ext
	openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile middle.ext \
		-out middle.pem
	certs_sign leaf one.test 'DNS:one.test,IP:127.0.0.1' middle
	cat leaf.crt middle.pem leaf.key >chain.pem
	echo 'the secret' >pass
	openssl pkcs12 -export -in client.crt -inkey client.key -passout file:pass -out client.p12
	openssl pkey -in client.key -aes256 -passout file:pass -out locked.key
)

pin_of() { # CERT
	local key
	key=$(openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
	echo "sha256//$key"
}

tls_peer_start() {
	rm -f "$T/peer.fifo"
	mkfifo "$T/peer.fifo"
	exec {peer_out}<>"$T/peer.fifo"
	"$PYTHON" "$ROOT/tests/support/tls_peer.py" "$@" </dev/null >"$T/peer.fifo" 2>"$T/peer.log" 3>&- {peer_out}>&- &
	PEER_PID=$!
	PIDS+=("$PEER_PID")
	IFS= read -r -t $LIMIT -u "$peer_out" PEER
}

tls_peer() {
	timeout $LIMIT "$PYTHON" "$ROOT/tests/support/tls_peer.py" "$@"
}

background() {
	"$@" 3>&- &
	BG_PID=$!
	PIDS+=("$BG_PID")
}

# Ports that are free now, PORT each, for peers that cannot be given port 0.
free_ports() { # N
	"$PYTHON" -c 'import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))' "$1"
}

answers() { # PORT
	(exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A command that listens on a port given to it: start PORT COMMAND..., and it is ready. Sets BG_PID.
start_on() {
	local port=$1
	shift
	background "$@"
	until_true answers "$port"
}

# openssl s_server ARG...: on a free port; what it prints goes to s_server.out. Sets PEER.
s_server_start() {
	local line fifo=$T/s_server.$RANDOM.fifo
	mkfifo "$fifo"
	exec {s_out}<>"$fifo"
	openssl s_server -accept 127.0.0.1:0 "$@" </dev/null >"$fifo" 2>"$T/s_server.err" 3>&- {s_out}>&- &
	BG_PID=$!
	PIDS+=("$BG_PID")
	while IFS= read -r -t $LIMIT -u "$s_out" line; do
		case $line in
		ACCEPT*) break ;;
		esac
	done
	PEER=${line##*:}
	background cat <&"$s_out" >"$T/s_server.out"
}
