#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What users see of TLS: checks, -v, --json, the warning of verify=no, what programs are told, SIGHUP, and that nobody else
# pays for it.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() { certs_make "$BATS_FILE_TMPDIR/certs"; }

setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/certs
	TRUST=ca=$C/ca.pem:verify-name=one.test
}
teardown() { twc_teardown; }

# What openssl says of a certificate's end, in days from now.
days_of() { # FILE
	local end
	end=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
	echo $(((end - $(date +%s)) / 86400))
}

# openssl s_server, with a standard input that does not end: foreign_server ARG...; sets PEER.
foreign_server() {
	mkfifo hold
	exec {hold}<>hold
	openssl s_server -accept 127.0.0.1:0 -cert "$C/leaf.crt" -cert_chain "$C/middle.pem" -key "$C/leaf.key" "$@" \
		<hold >s_server.out 2>&1 3>&- {hold}>&- &
	PIDS+=("$!")
	until_true grep -q ^ACCEPT s_server.out
	PEER=$(sed -n 's/^ACCEPT .*://p' s_server.out)
}

# ---- --check=tls ----

@test "--check=tls: the certificate must verify, and --check of tls: is no less" {
	serve_start tls:0:cert="$C/good.pem":key="$C/good.key" --echo
	for how in --check --check=tls; do
		run connect tls:127.0.0.1:"$PORT":"$TRUST" $how
		is_status 0
		[ -z "$output" ]
		run connect tls:127.0.0.1:"$PORT":verify-name=one.test $how
		is_status 77
		says "certificate not trusted: unknown authority"
		run connect tls:127.0.0.1:"$PORT":ca="$C/ca.pem":verify-name=other.test $how
		is_status 77
	done
	run connect tls:127.0.0.1:"$PORT":pin="$(pin_of "$C/good.crt")" --check=tls
	is_status 0
}

@test "--check=tls:min-days: the first certificate to end is named" {
	serve_start tls:0:cert="$C/chain.pem" --echo
	run connect tls:127.0.0.1:"$PORT":"$TRUST" --check=tls:min-days=29
	is_status 0
	run connect tls:127.0.0.1:"$PORT":"$TRUST" --check=tls:min-days=31
	is_status 1
	[ "${#lines[@]}" -eq 1 ]
	[[ $output =~ ": certificate "[12]" of 2 (CN="(one.test|Middle CA)") ends 20".*" UTC: "(29|30)" days left, 31 wanted"$ ]]
}

@test "--check=tls: an expired certificate, known by its pin" {
	serve_start tls:0:cert="$C/expired.pem" --echo
	run connect tls:127.0.0.1:"$PORT":"$TRUST" --check=tls
	is_status 77
	says "certificate expired at 2021-01-01"
	run connect tls:127.0.0.1:"$PORT":pin="$(pin_of "$C/expired.crt")" --check=tls
	is_status 0
	run connect tls:127.0.0.1:"$PORT":pin="$(pin_of "$C/expired.crt")" --check=tls:min-days=1
	is_status 1
	says "ends 2021-01-01 00:00:00 UTC: ended "
}

@test "--check=tls: a server that speaks no TLS, and none" {
	serve_start tcp:0 --sh 'echo 220 mail'
	run connect tls:127.0.0.1:"$PORT":"$TRUST":timeout=10 --check=tls
	is_status 76
	says "what came is not TLS"
	run connect tls:127.0.0.1:1:"$TRUST" --check=tls
	is_status 69
}

@test "--check=tls: a foreign server of TLS 1.3 that demands a certificate says so after the handshake: 77" {
	foreign_server -Verify 1 -verify_return_error -CAfile "$C/ca.pem"
	for more in "" ":cert=$C/stranger.pem"; do
		for how in --check --check=tls "--stable 5s"; do
			run connect tls:127.0.0.1:"$PEER":"$TRUST$more" $how
			is_status 77
		done
	done
	run connect tls:127.0.0.1:"$PEER":"$TRUST" --check
	says "the peer demands a certificate of ours: use cert= and key="
	run connect tls:127.0.0.1:"$PEER":"$TRUST":cert="$C/client.pem" --check=tls
	is_status 0
}

@test "--check=tls: of ours, too; of TLS 1.2 in the handshake" {
	serve_start tls:0:cert="$C/chain.pem":client-auth=require:ca="$C/ca.pem" --echo
	run connect tls:127.0.0.1:"$PORT":"$TRUST" --check
	is_status 77
	run connect tls:127.0.0.1:"$PORT":"$TRUST":cert="$C/client.pem" --check
	is_status 0
	run connect tls:127.0.0.1:"$PORT":"$TRUST":max=1.2 --check
	is_status 77
	says "the peer demands a certificate of ours"
	run connect tls:127.0.0.1:"$PORT":"$TRUST":max=1.2:cert="$C/client.pem" --check
	is_status 0
}

@test "--check=tls: who says nothing after the handshake, and does not end, consents" {
	cat >silent.py <<-'EOF'
		import socket, ssl, sys, time
		c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		c.load_cert_chain(sys.argv[1])
		c.num_tickets = 0
		s = socket.create_server(("127.0.0.1", 0))
		print(s.getsockname()[1], flush=True)
		t = c.wrap_socket(s.accept()[0], server_side=True)
		time.sleep(60)
	EOF
	mkfifo port
	exec {said}<>port
	"$PYTHON" silent.py "$C/chain.pem" >port 3>&- {said}>&- &
	PIDS+=("$!")
	read -r -t $LIMIT -u "$said" port
	run --separate-stderr connect tls:127.0.0.1:"$port":"$TRUST" --check=tls --json
	is_status 0
	jq -e '.seconds >= 0.1 and .seconds < 5' <<<"$output"
}

@test "--any: a handshake that is no longer wanted is given up" {
	serve_start tls:0:cert="$C/chain.pem" --echo
	e=tls:127.0.0.1:$PORT:$TRUST
	for i in 1 2 3 4 5; do
		run connect "$e" "$e" "$e" "$e" "$e" "$e" --any
		is_status 0
	done
}

@test "--check=tls: wrong usage names what is meant" {
	run connect tcp:127.0.0.1:1 --check=tls
	is_status 64
	says "tcp:127.0.0.1:1 has no TLS: write tls: instead, or add starttls="
	run connect unix:/x --check=tls
	is_status 64
	says "unix:/x has no TLS"
	run connect tls:127.0.0.1:1:verify=no --check=tls
	is_status 64
	says "its certificate is what is asked about"
	run connect tls:127.0.0.1:1 --check=tls --until-closed
	is_status 64
	for how in tls:min-days=0 tls:min-days=x tls:days=3 tls: connect:min-days=3 tsl; do
		run connect tls:127.0.0.1:1 --check=$how
		is_status 64
		says "--check: "
	done
	run connect tls:127.0.0.1:1 --check=tsl
	says "did you mean tls?"
	run connect tls:127.0.0.1:1 --json
	is_status 64
}

@test "--wait and --check=tls: until it can be reached; what is not trusted fails at once" {
	read -r port < <(free_ports 1)
	(sleep 0.3; exec "$TWC" serve -q tls:"$port":cert="$C/chain.pem" --echo) 3>&- &
	PIDS+=("$!")
	run connect tls:127.0.0.1:"$port":"$TRUST" --check=tls --wait 20s
	is_status 0
	run connect tls:127.0.0.1:"$port":"$TRUST" --check=tls:min-days=9 --wait 20s -- echo ran
	is_status 0
	[ "$output" = ran ]
	run connect tls:127.0.0.1:"$port" --check=tls --wait 20s
	is_status 77
}

# ---- --json ----

@test "--json: an object for each endpoint, in order" {
	serve_start tls:0:cert="$C/chain.pem":alpn=b --echo
	tls=$PORT
	serve_start tcp:0 --echo
	run --separate-stderr connect tls:127.0.0.1:"$tls":"$TRUST":alpn=a,b tcp:127.0.0.1:"$PORT" tcp:127.0.0.1:1 --check --json
	is_status 79
	[ "${#lines[@]}" -eq 3 ]
	[[ $stderr == "twc: connect tcp:127.0.0.1:1: "* ]]
	jq -e --arg e "tls:127.0.0.1:$tls:$TRUST:alpn=a,b" --arg a "tcp:127.0.0.1:$tls" '.endpoint == $e and .ok and
		.status == 0 and .code == null and .error == null and .address == $a and .seconds > 0 and .seconds < 30' \
		<<<"${lines[0]}"
	jq -e '.tls | .version == "TLSv1.3" and .cipher[:4] == "TLS_" and .group != null and .alpn == "b" and
		(.resumed | not) and .verified and (.chain | length) == 2' <<<"${lines[0]}"
	jq -e --arg pin "$(pin_of "$C/leaf.crt")" --argjson days "$(days_of "$C/leaf.crt")" '.tls.chain[0] |
		.subject == "CN=one.test" and .issuer == "CN=Middle CA" and .names == ["one.test", "127.0.0.1"] and
		(.days_left - $days | . == 0 or . == 1) and .pin == $pin and .key == "EC 256" and
		((.not_after | fromdate) - (.not_before | fromdate)) == 30 * 86400' <<<"${lines[0]}"
	jq -e '.tls.chain[1] | .subject == "CN=Middle CA" and .issuer == "CN=Test CA" and .names == []' <<<"${lines[0]}"
	jq -e '.ok and .tls == null' <<<"${lines[1]}"
	jq -e '(.ok | not) and .status == 69 and .code == "EREFUSED" and (.error | test("ECONNREFUSED")) and .tls == null' \
		<<<"${lines[2]}"
}

@test "--json: what fails after the handshake still shows it; COMMAND's output comes behind" {
	serve_start tls:0:cert="$C/chain.pem" --echo
	run --separate-stderr connect tls:127.0.0.1:"$PORT":"$TRUST" --check=tls:min-days=99 --json
	is_status 1
	jq -e '.code == "ENO" and .status == 1 and (.tls.chain | length) == 2' <<<"$output"
	run connect tls:127.0.0.1:"$PORT":"$TRUST" --json -- echo ran
	is_status 0
	jq -e .ok <<<"${lines[0]}"
	[ "${lines[1]}" = ran ]
	run bash -c '"$TWC" connect tls:127.0.0.1:'"$PORT:$TRUST"' --check --json >/dev/full'
	is_status 74
}

@test "--json: names that a certificate should not have cannot break a line or a list" {
	printf '[req]\nprompt=no\nutf8=yes\ndistinguished_name=dn\nx509_extensions=ext\n' >odd.cnf
	printf '[dn]\nO=a, b \303\251 \033[31m\nCN=odd\n[ext]\nsubjectAltName=@alt\n[alt]\nDNS.1=a.test,b.test\nDNS.2=x\n' >>odd.cnf
	openssl req -x509 -config odd.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout odd.key -days 9 -out odd.pem
	cat odd.key >>odd.pem
	serve_start tls:0:cert="$T/odd.pem" --echo
	run connect tls:127.0.0.1:"$PORT":pin="$(pin_of odd.pem)" --check --json
	is_status 0
	[ "${#lines[@]}" -eq 1 ]
	jq -e '.tls.chain[0] | .subject == "CN=odd,O=a\\, b é \\1B[31m" and .names == ["a.test\\x2cb.test", "x"]' <<<"$output"
	run connect tls:127.0.0.1:"$PORT":pin="$(pin_of odd.pem)" --check -v
	[[ $output != *$'\e'* ]]
	[[ $output == *', for a.test\x2cb.test, x, ends '* ]]
}

# ---- -v ----

@test "-v: version, cipher, group, ALPN, SNI, and the chain with days and pin; on both sides" {
	serve_start -v tls:0:cert="$C/chain.pem":client-auth=optional:ca="$C/ca.pem":alpn=h2,x --echo
	run connect tls:127.0.0.1:"$PORT":ca="$C/ca.pem":servername=one.test:alpn=x:cert="$C/client.pem" -v <<<hello
	is_status 0
	[[ $output =~ " app: #1 TLSv1.3, TLS_"[A-Z0-9_]+", "[A-Za-z0-9_-]+", ALPN x, SNI one.test, not resumed, verified" ]]
	days=$(days_of "$C/leaf.crt")
	[[ $output =~ " app: #1 certificate 1 of 2: CN=one.test, issued by CN=Middle CA, for one.test, 127.0.0.1, ends 20"[^\(]*" UTC ("$days" days left), EC 256, pin=$(pin_of "$C/leaf.crt")" ]]
	[[ $output =~ " app: #1 certificate 2 of 2: CN=Middle CA, issued by CN=Test CA, ends 20" ]]
	until_true grep -q 'certificate 1 of .: CN=app, issued by CN=Test CA, for app@a.test, app.test, ends' serve.err
	grep -q 'ALPN x, SNI one.test, not resumed, verified' serve.err
	run connect tls:127.0.0.1:"$PORT":"$TRUST":max=1.2 -v <<<hello
	[[ $output =~ " app: #1 TLSv1.2, ECDHE-" ]]
	until_true grep -q 'no certificate shown' serve.err
	run connect tls:127.0.0.1:"$PORT":"$TRUST" -vv <<<hello
	says "TLS handshake with tcp:127.0.0.1:$PORT"
	says "TLS handshake done after "
}

@test "-v and --log-json: each line is an object" {
	serve_start tls:0:cert="$C/chain.pem" --echo
	run --separate-stderr connect tls:127.0.0.1:"$PORT":"$TRUST" -v --log-json <<<hello
	is_status 0
	jq -es 'map(select(.text | test("^#1 (TLSv1.3|certificate [12] of 2)"))) | length == 3' <<<"$stderr"
}

# ---- verify=no ----

@test "verify=no is said on every run, for each endpoint, also with -q" {
	serve_start tls:0:cert=auto --echo
	e=tls:127.0.0.1:$PORT:verify=no
	warning="twc: warning: connect $e: verify=no: the peer is not verified, it could be anybody"
	for args in "" "-q" "--send" "--max-time 9s" "--reconnect=1"; do
		run --separate-stderr connect "$e" $args <<<hello
		is_status 0
		[ "$(grep -cF "$warning" <<<"$stderr")" -eq 1 ]
	done
	for args in --check "--wait 9s" "--any -q" "--stable 10ms"; do
		run --separate-stderr connect "$e" "$e" $args -- true
		is_status 0
		[ "$(grep -cF "$warning" <<<"$stderr")" -eq 2 ]
	done
	run --separate-stderr connect tcp:127.0.0.1:1 --to "$e"
	[[ $stderr == "$warning"* ]]
	run --separate-stderr connect "$e" --log-json <<<hello
	jq -e '.ev == "warning" and .level == "warn" and (.text | test("not verified"))' <<<"$stderr"
	e="tcp:127.0.0.1:1:via=[https:127.0.0.1:1:verify=no]"
	run --separate-stderr connect "$e" --check
	[[ $stderr == "twc: warning: connect $e: verify=no: "* ]]
	run --separate-stderr connect "tcp:127.0.0.1:1:via=[https:127.0.0.1:1]" --check
	[[ $stderr != *warning* ]]
	run --separate-stderr connect tls:127.0.0.1:"$PORT":verify=no:ca=x
	is_status 64
	[[ $stderr != *warning* ]]
}

# ---- what programs are told ----

@test "--exec: a program knows the TLS of its client, and that there is none" {
	serve_start tls:0:cert="$C/chain.pem":client-auth=optional:ca="$C/ca.pem":alpn=x --sh 'env | grep -e TWC_TLS -e TWC_SNI | sort'
	run connect tls:127.0.0.1:"$PORT":ca="$C/ca.pem":servername=one.test:alpn=x:cert="$C/client.pem":max=1.2
	is_status 0
	[ "${#lines[@]}" -eq 6 ]
	[ "${lines[0]}" = TWC_SNI=one.test ]
	[ "${lines[1]}" = TWC_TLS_ALPN=x ]
	[[ ${lines[2]} == TWC_TLS_CIPHER=ECDHE-* ]]
	[ "${lines[3]}" = TWC_TLS_SNI=one.test ]
	[ "${lines[4]}" = TWC_TLS_SUBJECT=CN=app ]
	[ "${lines[5]}" = TWC_TLS_VERSION=TLSv1.2 ]
	run connect tls:127.0.0.1:"$PORT":"$TRUST"
	says TWC_TLS_SUBJECT=
	[[ $output != *CN=app* ]]
	export TWC_TLS_SUBJECT=CN=root TWC_SNI=forged
	serve_start tcp:0 --sh 'printf "<%s%s>" "$TWC_TLS_SUBJECT" "$TWC_SNI"'
	run connect tcp:"$PORT"
	[ "$output" = "<>" ]
}

# ---- SIGHUP ----

subject_at() { # PORT
	"$TWC" connect tls:127.0.0.1:"$1":verify=no --check --json 2>/dev/null | jq -r '.tls.chain[0].subject'
}

serves() { [ "$(subject_at "$1")" = "$2" ]; }

@test "SIGHUP reads the certificates again; what is wrong leaves the old ones, and is said once" {
	cp "$C/good.pem" id.pem
	grep -q PRIVATE id.pem || cat "$C/good.key" >>id.pem
	serve_start tls:0:cert="$T/id.pem" --echo -v
	serves "$PORT" CN=one.test
	echo nonsense >id.pem
	kill -HUP "$PID"
	until_true grep -q 'twc: warning: tls:0:cert=.*the certificates stay as they were' serve.err
	serves "$PORT" CN=one.test
	cp "$C/two.pem" id.pem
	kill -HUP "$PID"
	until_true grep -q 'the certificates were read again' serve.err
	serves "$PORT" CN=two.test
	[ "$(grep -c 'stay as they were' serve.err)" -eq 1 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "SIGHUP says nothing when all is well, works though ignored from outside, and ends a server without files" {
	cp "$C/two.pem" id.pem
	rm -f ready.fifo
	mkfifo ready.fifo
	exec {ready}<>ready.fifo
	env --ignore-signal=HUP "$TWC" serve tls:0:cert="$T/id.pem" --echo --ready-fd 9 9>ready.fifo 3>&- 2>err &
	PID=$!
	PIDS+=("$PID")
	read -r -t $LIMIT -u "$ready" line
	PORT=${line##*:}
	serves "$PORT" CN=two.test
	cp "$C/chain.pem" id.pem
	kill -HUP "$PID"
	until_true serves "$PORT" CN=one.test
	run ! grep -v listening err
	serve_start tls:0:cert=auto --echo
	kill -HUP "$PID"
	serve_wait
	[ "$STATUS" -eq 129 ]
}

@test "SIGHUP and --workers: all of them read the certificates again, one warning" {
	cp "$C/two.pem" id.pem
	serve_start tls:0:cert="$T/id.pem" --echo --workers=2 -v
	serves "$PORT" CN=two.test
	echo nonsense >id.pem
	kill -HUP "$PID"
	until_true grep -q 'the certificates stay as they were' serve.err
	cp "$C/chain.pem" id.pem
	kill -HUP "$PID"
	read_by_all() { [ "$(grep -c 'were read again' serve.err)" -eq 3 ]; }
	until_true read_by_all
	for i in 1 2 3 4 5 6 7 8; do
		serves "$PORT" CN=one.test
	done
	[ "$(grep -c 'stay as they were' serve.err)" -eq 1 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

# ---- as ncat ----

@test "ncat --ssl: to a foreign ncat, verified or not; and from one" {
	ln -s "$TWC" ncat
	printf '%s\n' hello from both >words
	read -r port < <(free_ports 1)
	# A foreign ncat ends with the first close_notify, so nothing is sent to it that it is to answer.
	/usr/bin/ncat -lk --ssl --ssl-cert "$C/chain.pem" --ssl-key "$C/leaf.key" 127.0.0.1 "$port" --sh-exec 'cat words' 3>&- &
	PIDS+=("$!")
	until_true answers "$port"
	run --separate-stderr timeout $LIMIT ./ncat --ssl --recv-only 127.0.0.1 "$port"
	is_status 0
	[ "$output" = "$(cat words)" ]
	[[ $stderr == *"verify=no: the peer is not verified"* ]]
	run --separate-stderr timeout $LIMIT ./ncat --ssl-trustfile "$C/ca.pem" --recv-only 127.0.0.1 "$port"
	is_status 0
	[ "$output" = "$(cat words)" ]
	[ -z "$stderr" ]
	run timeout $LIMIT ./ncat --ssl-verify --recv-only 127.0.0.1 "$port"
	is_status 77
	run timeout $LIMIT ./ncat -z --ssl-trustfile "$C/ca.pem" 127.0.0.1 "$port"
	is_status 0
	./ncat -lkv --ssl --ssl-cert "$C/chain.pem" 127.0.0.1 0 -e /bin/cat 2>err 3>&- &
	PIDS+=("$!")
	until_true grep -q listening err
	port=$(sed -n 's/.*listening .*:\([0-9]*\)$/\1/p' err | head -1)
	run timeout $LIMIT /usr/bin/ncat --ssl-verify --ssl-trustfile "$C/ca.pem" --ssl-servername one.test 127.0.0.1 "$port" <words
	is_status 0
	[ "$output" = "$(cat words)" ]
}

# ---- nobody else pays ----

@test "--version names OpenSSL; without TLS no file of it is opened" {
	run "$TWC" --version
	[[ ${lines[1]} =~ ", OpenSSL 3."[0-9]+"."[0-9]+ ]]
	export ASAN_OPTIONS=detect_leaks=0 # not possible under strace
	serve_start tcp:0 --echo
	strace -f -e trace=openat,open,access,getrandom -o calls "$TWC" connect tcp:"$PORT" <<<hello
	run ! grep -i -e openssl.cnf -e /ssl/ -e '\.pem' -e '\.crt' -e ossl-modules calls
	strace -f -e trace=openat,open -o calls "$TWC" --version
	run ! grep -i -e openssl.cnf -e /ssl/ -e '\.pem' calls
	strace -f -e trace=openat,open -o calls "$TWC" connect tls:127.0.0.1:1:pin="$(pin_of "$C/good.crt")" --check || true
	run ! grep -e ca-certificates -e /etc/ssl/certs calls # a pin needs no authority
}
