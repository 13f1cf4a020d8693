#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# starttls=: eight protocols that become TLS, with servers that do it, will not, cannot, or are attacked on the way.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

ALL="smtp imap pop3 ftp ldap xmpp postgres mysql"

setup_file() { certs_make "$BATS_FILE_TMPDIR/c"; }
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/c
	CA=:ca=$C/ca.pem
}
teardown() { twc_teardown; }

# A server of $1 with the habit $2, and twc that talks to it with $3 more, under `run`.
upgrade() {
	rm -f peer.in peer.said "$T/peer.fifo"
	mkfifo "$T/peer.fifo"
	exec {peer_out}<>"$T/peer.fifo"
	"$PYTHON" "$ROOT/tests/support/starttls_peer.py" "$1" "$2" "$C/good.pem" </dev/null >"$T/peer.fifo" 2>"$T/peer.log" \
		3>&- {peer_out}>&- &
	PEER_PID=$!
	PIDS+=("$PEER_PID")
	IFS= read -r -t $LIMIT -u "$peer_out" PEER
	exec {peer_out}>&-
	run connect tcp:127.0.0.1:"$PEER:starttls=$1${3-$CA}" <<<hi
	[[ $output == *"$1"* || $status -eq 0 ]]
}

@test "all eight, whole and byte by byte: only what comes after is ours" {
	for protocol in $ALL; do
		for habit in good drip; do
			upgrade $protocol $habit
			is_status 0
			[ "$output" = hello ]
			wait "$PEER_PID"
			[ "$(cat peer.in)" = hi ]
			! grep -q hi peer.said || false
		done
	done
}

@test "a server that refuses: 69" {
	for protocol in $ALL; do
		upgrade $protocol refuse
		is_status 69
		case $protocol in
		postgres | mysql) says "does not offer TLS" ;;
		*) says refuses ;;
		esac
	done
}

@test "a server that does not offer it: 69, and nothing is asked" {
	for protocol in smtp xmpp mysql; do
		upgrade $protocol missing
		is_status 69
		says "does not offer"
		! grep -qiE 'b.*STARTTLS' peer.said || false
	done
}

@test "a server that speaks something else: 76" {
	for protocol in $ALL; do
		upgrade $protocol garbage
		is_status 76
		says "does not speak $protocol"
	done
}

@test "silence: 75 within timeout=, an end: 76" {
	for protocol in $ALL; do
		upgrade $protocol silent "$CA:timeout=300ms"
		is_status 75
		says "within 300ms"
		upgrade $protocol end
		is_status 76
		says "closed the connection without answering"
	done
}

@test "bytes behind the go-ahead are an attack: 76" {
	for protocol in $ALL; do
		upgrade $protocol inject
		is_status 76
		[ ! -s peer.in ]
	done
	for protocol in smtp xmpp; do
		upgrade $protocol early
		is_status 76
		[ ! -s peer.in ]
	done
}

@test "the certificate is looked at as with tls" {
	upgrade smtp good ""
	is_status 77
	says "unknown authority"
	[ ! -s peer.in ]
	upgrade imap good "$CA:verify-name=else.test"
	is_status 77
	upgrade postgres good ":pin=$(pin_of "$C/good.crt")"
	is_status 0
	upgrade pop3 good "$CA:max=1.2"
	is_status 0
}

@test "python3's mail server" {
	"$PYTHON" -c 'import aiosmtpd' 2>/dev/null || skip "no aiosmtpd here"
	cat >mail.py <<-EOT
		import asyncio, ssl
		from aiosmtpd.smtp import SMTP
		class Handler: pass
		async def main():
		    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		    c.load_cert_chain("$C/good.pem")
		    s = await asyncio.get_running_loop().create_server(lambda: SMTP(Handler(), tls_context=c), "127.0.0.1", 0)
		    print(s.sockets[0].getsockname()[1], flush=True)
		    await s.serve_forever()
		asyncio.run(main())
	EOT
	mkfifo mail.fifo
	exec {mail}<>mail.fifo
	background "$PYTHON" mail.py >mail.fifo
	IFS= read -r -t $LIMIT -u "$mail" port
	printf 'EHLO me\nNOOP\nQUIT\n' | connect tcp:127.0.0.1:"$port":starttls=smtp"$CA" --crlf --eof keep >answers
	grep -q '^250 HELP' answers
	grep -q '^221 ' answers
	! grep -q STARTTLS answers || false
}

@test "what makes no sense" {
	for what in tcp:127.0.0.1:1:starttls=gopher tls:127.0.0.1:1:starttls=smtp tcp:127.0.0.1:1:ca=x; do
		run connect "$what" </dev/null
		is_status 64
	done
}
