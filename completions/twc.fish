# Completion of twc for fish; written by `make completions` from the option rows.

set -g __twc_with_value --text --file --reply --reply-after --save --exec --sh --stderr --slow --banner --eof --linger --allow --deny --allow-file --deny-file --allow-uid --dump --tee-in --tee-out --limit-rate --line-delay --frames --max-bytes --max-messages --limit-rate-total --idle --until-idle --max-time --accept-timeout --for --drain --max-clients --max-per-ip --accept-rate --ready-fd --port-file --workers --user --pid-file --fail-on --to --eof --linger --escape --dump --tee-in --tee-out --limit-rate --line-delay --frames --max-bytes --max-messages --idle --until-idle --max-time --wait --stable --send-line --expect --retry --retry-delay --retry-on --retry-max-time --preamble --url --request -X --header -H --user-agent -A --referer -e --url-query --items --range -r --time-cond -z --etag-save --etag-compare --request-target --config -K --data -d --data-raw --data-binary --data-urlencode --json --form -F --form-string --upload-file -T --expect100-timeout --via --unix-socket --abstract-unix-socket --connect-to --proxy -x --proxy-user -U --proxy-header --noproxy --proxy-cacert --proxy-capath --proxy-cert --proxy-key --interface --local-port --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tls-max --ciphers --tls13-ciphers --curves --sigalgs --user -u --oauth2-bearer --bearer --netrc-file --cookie -b --cookie-jar -c --public-suffixes --count --max-redirs --proto --proto-default --proto-redir --retry --retry-delay --retry-max-time --retry-on --retry-after-max --max-time -m --connect-timeout --first-byte-timeout --speed-limit -Y --speed-time -y --max-filesize --limit-rate --parallel-max --rate --output -o --output-dir --continue-at -C --checksum --dump-header -D --print --color --stderr --write-out -w --report --har --trace-ascii --exit --expect --wait --route --routes --max-exec --seed --index --404 --mime --cache --precompressed --on-duplicate --auth --upload-auth --realm --header --health --metrics --log --log-file --exit-after --require --allow --deny --allow-file --deny-file --allow-uid --max-head --max-body --header-timeout --idle --min-rate --accept-timeout --for --drain --max-clients --max-per-ip --accept-rate --ready-fd --port-file --workers --user --pid-file --requests -n --connections -c --duration -z --warmup --ramp --rate -q --streams -m --timeout --workers --request -X --header -H --user-agent -A --url-query --urls --data -d --data-raw --data-binary --data-urlencode --json --subprotocol --body-lines --user -u --bearer --via --unix-socket --abstract-unix-socket --connect-to --interface --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tls-max --ciphers --tls13-ciphers --curves --sigalgs --expect --report --csv --send --max-message --count --linger --close --subprotocol --origin --header -H --user-agent -A --ping --pong-timeout --ping-text --preamble --via --unix-socket --abstract-unix-socket --connect-to --proxy -x --proxy-user -U --proxy-header --noproxy --proxy-cacert --proxy-capath --proxy-cert --proxy-key --interface --local-port --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tls-max --ciphers --tls13-ciphers --curves --sigalgs --user -u --oauth2-bearer --bearer --netrc-file --cookie --cookie-jar -c --public-suffixes --max-redirs --retry --retry-delay --retry-max-time --retry-on --retry-after-max --max-time -m --connect-timeout --first-byte-timeout --exit --exec -e --sh-exec -c --source-port -p --source -s --proxy -x --proxy-type -X --proxy-user -P --recv-buffer -I --send-buffer -O --tos -T --ttl -M --min-ttl -m --quit -q --wait -w --interval -i --recv-limit -W --hex-dump -o --source-route -g --source-pointer -G --trace --resolver --resolve
set -g __twc_verbs http-serve http-bench http-ws

# The command being typed: its name, "" before it, COMMAND behind the dashes. A verb is
# joined to it: http-serve.
function __twc_command
	set -l tokens (commandline -opc)
	set -e tokens[1]
	set -l command ""
	set -l skip 0
	set -l before ""
	for token in $tokens
		set -l behind $before
		set before $token
		if test $skip = 1
			set skip 0
		else if test "$token" = --; and test -n "$command"
			echo COMMAND
			return
		else if contains -- $token $__twc_with_value
			set skip 1
		else if not string match -q -- '-*' $token; and test -z "$command"
			set command $token
		else if test "$behind" = "$command"; and contains -- "$command-$token" $__twc_verbs
			set command $command-$token
		end
	end
	echo $command
end

function __twc_is -a command
	test "$(__twc_command)" = "$command"
end

function __twc_right_behind -a command
	set -l tokens (commandline -opc)
	test "$tokens[-1]" = "$command"; and __twc_is $command
end

function __twc_in_command
	set -l words (string split -m1 -- ' -- ' (commandline -cp))
	complete -C "$words[2]"
end

function __twc_trace
	set -l token (string replace -r -- '^--[a-z0-9.-]+=' '' (commandline -ct))
	set -l done (string replace -r -- '[^,]*$' '' $token)
	printf "$done%s\n" all base reactor net transport tls protocol http dns smtp endpoint app
end

function __twc_endpoint -a role
	set -l token (string replace -r -- '^--[a-z0-9.-]+=' '' (commandline -ct))
	if not string match -q -- '*:*' $token
		switch $role
			case connect
				printf '%s\t%s\n' tcp: 'TCP over IPv4 and IPv6'
				printf '%s\t%s\n' tcp4: 'TCP over IPv4 only'
				printf '%s\t%s\n' tcp6: 'TCP over IPv6 only'
				printf '%s\t%s\n' tls: 'TLS over TCP'
				printf '%s\t%s\n' ws: 'WebSocket over TCP'
				printf '%s\t%s\n' wss: 'WebSocket over TLS'
				printf '%s\t%s\n' udp: 'UDP; a listener has a session per peer'
				printf '%s\t%s\n' udp4: 'UDP over IPv4 only'
				printf '%s\t%s\n' udp6: 'UDP over IPv6 only'
				printf '%s\t%s\n' unix: 'UNIX socket: stream, datagrams or records'
				printf '%s\t%s\n' vsock: 'between a virtual machine and its host'
				printf '%s\t%s\n' stdio 'standard input and output'
				printf '%s\t%s\n' fd: 'a descriptor that is open already'
				printf '%s\t%s\n' inetd 'the socket that inetd starts a server with'
				printf '%s\t%s\n' file: 'a file, read or written'
				printf '%s\t%s\n' fifo: 'a named pipe, read or written'
				printf '%s\t%s\n' pty 'a new pseudo-terminal'
				printf '%s\t%s\n' serial: 'a serial line or another terminal, raw'
				printf '%s\t%s\n' exec: 'a program, without a shell'
				printf '%s\t%s\n' sh: 'a script for /bin/sh'
				printf '%s\t%s\n' text: 'a peer within twc that says something'
				printf '%s\t%s\n' echo 'a peer within twc that sends back what comes'
				printf '%s\t%s\n' discard 'a peer within twc that takes everything'
				printf '%s\t%s\n' chargen 'a peer within twc that sends lines without end'
				printf '%s\t%s\n' stall 'a peer within twc that reads and sends nothing'
			case listen
				printf '%s\t%s\n' tcp: 'TCP over IPv4 and IPv6'
				printf '%s\t%s\n' tcp4: 'TCP over IPv4 only'
				printf '%s\t%s\n' tcp6: 'TCP over IPv6 only'
				printf '%s\t%s\n' tls: 'TLS over TCP'
				printf '%s\t%s\n' ws: 'WebSocket over TCP'
				printf '%s\t%s\n' wss: 'WebSocket over TLS'
				printf '%s\t%s\n' udp: 'UDP; a listener has a session per peer'
				printf '%s\t%s\n' udp4: 'UDP over IPv4 only'
				printf '%s\t%s\n' udp6: 'UDP over IPv6 only'
				printf '%s\t%s\n' unix: 'UNIX socket: stream, datagrams or records'
				printf '%s\t%s\n' vsock: 'between a virtual machine and its host'
				printf '%s\t%s\n' stdio 'standard input and output'
				printf '%s\t%s\n' fd: 'a descriptor that is open already'
				printf '%s\t%s\n' inetd 'the socket that inetd starts a server with'
				printf '%s\t%s\n' systemd 'sockets passed by systemd'
				printf '%s\t%s\n' fifo: 'a named pipe, read or written'
				printf '%s\t%s\n' pty 'a new pseudo-terminal'
				printf '%s\t%s\n' serial: 'a serial line or another terminal, raw'
				printf '%s\t%s\n' haproxy: 'another endpoint behind a proxy that speaks PROXY v1 or v2'
		end
		return
	end
	set -l type (string replace -r -- ':.*' '' $token)
	set -l part (string replace -r -- '.*:' '' $token)
	set -l done (string replace -r -- '[^:]*$' '' $token)
	if string match -q -- '*=*' $part
		set -l key (string replace -r -- '=.*' '' $part)
		set done $done$key=
		set part (string replace -r -- '^[^=]*=' '' $part)
		switch $type,$key
			case tcp,proxy-protocol
				printf "$done%s\n" v1 v2
			case tcp,starttls
				printf "$done%s\n" smtp imap pop3 ftp ldap xmpp postgres mysql
			case tcp,ca
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp,verify
				printf "$done%s\n" yes no
			case tcp,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp,key
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp,min
				printf "$done%s\n" 1.2 1.3
			case tcp,max
				printf "$done%s\n" 1.2 1.3
			case tcp,truncation
				printf "$done%s\n" refuse allow
			case tcp,reuseport
				printf "$done%s\n" yes no
			case tcp,nodelay
				printf "$done%s\n" yes no
			case tcp,reuseaddr
				printf "$done%s\n" yes no
			case tcp4,proxy-protocol
				printf "$done%s\n" v1 v2
			case tcp4,starttls
				printf "$done%s\n" smtp imap pop3 ftp ldap xmpp postgres mysql
			case tcp4,ca
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp4,verify
				printf "$done%s\n" yes no
			case tcp4,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp4,key
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp4,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp4,min
				printf "$done%s\n" 1.2 1.3
			case tcp4,max
				printf "$done%s\n" 1.2 1.3
			case tcp4,truncation
				printf "$done%s\n" refuse allow
			case tcp4,reuseport
				printf "$done%s\n" yes no
			case tcp4,nodelay
				printf "$done%s\n" yes no
			case tcp4,reuseaddr
				printf "$done%s\n" yes no
			case tcp6,proxy-protocol
				printf "$done%s\n" v1 v2
			case tcp6,starttls
				printf "$done%s\n" smtp imap pop3 ftp ldap xmpp postgres mysql
			case tcp6,ca
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp6,verify
				printf "$done%s\n" yes no
			case tcp6,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp6,key
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp6,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case tcp6,min
				printf "$done%s\n" 1.2 1.3
			case tcp6,max
				printf "$done%s\n" 1.2 1.3
			case tcp6,truncation
				printf "$done%s\n" refuse allow
			case tcp6,reuseport
				printf "$done%s\n" yes no
			case tcp6,nodelay
				printf "$done%s\n" yes no
			case tcp6,reuseaddr
				printf "$done%s\n" yes no
			case tls,proxy-protocol
				printf "$done%s\n" v1 v2
			case tls,ca
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,verify
				printf "$done%s\n" yes no
			case tls,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,key
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,min
				printf "$done%s\n" 1.2 1.3
			case tls,max
				printf "$done%s\n" 1.2 1.3
			case tls,truncation
				printf "$done%s\n" refuse allow
			case tls,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,key
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,min
				printf "$done%s\n" 1.2 1.3
			case tls,max
				printf "$done%s\n" 1.2 1.3
			case tls,truncation
				printf "$done%s\n" refuse allow
			case tls,certs
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,strict
				printf "$done%s\n" yes no
			case tls,cert-out
				printf "$done%s\n" (__fish_complete_path $part)
			case tls,client-auth
				printf "$done%s\n" none optional require
			case tls,reuseport
				printf "$done%s\n" yes no
			case tls,nodelay
				printf "$done%s\n" yes no
			case tls,reuseaddr
				printf "$done%s\n" yes no
			case ws,path
				printf "$done%s\n" (__fish_complete_path $part)
			case ws,deflate
				printf "$done%s\n" yes no
			case ws,type
				printf "$done%s\n" auto text binary
			case ws,lines
				printf "$done%s\n" yes no
			case ws,pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case ws,proxy-protocol
				printf "$done%s\n" v1 v2
			case ws,reuseport
				printf "$done%s\n" yes no
			case ws,nodelay
				printf "$done%s\n" yes no
			case ws,reuseaddr
				printf "$done%s\n" yes no
			case wss,path
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,deflate
				printf "$done%s\n" yes no
			case wss,type
				printf "$done%s\n" auto text binary
			case wss,lines
				printf "$done%s\n" yes no
			case wss,pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,proxy-protocol
				printf "$done%s\n" v1 v2
			case wss,ca
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,verify
				printf "$done%s\n" yes no
			case wss,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,key
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,min
				printf "$done%s\n" 1.2 1.3
			case wss,max
				printf "$done%s\n" 1.2 1.3
			case wss,truncation
				printf "$done%s\n" refuse allow
			case wss,cert
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,key
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,key-pass-file
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,min
				printf "$done%s\n" 1.2 1.3
			case wss,max
				printf "$done%s\n" 1.2 1.3
			case wss,truncation
				printf "$done%s\n" refuse allow
			case wss,certs
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,strict
				printf "$done%s\n" yes no
			case wss,cert-out
				printf "$done%s\n" (__fish_complete_path $part)
			case wss,client-auth
				printf "$done%s\n" none optional require
			case wss,reuseport
				printf "$done%s\n" yes no
			case wss,nodelay
				printf "$done%s\n" yes no
			case wss,reuseaddr
				printf "$done%s\n" yes no
			case udp,loop
				printf "$done%s\n" yes no
			case udp,broadcast
				printf "$done%s\n" yes no
			case udp,reuseport
				printf "$done%s\n" yes no
			case udp4,loop
				printf "$done%s\n" yes no
			case udp4,broadcast
				printf "$done%s\n" yes no
			case udp4,reuseport
				printf "$done%s\n" yes no
			case udp6,loop
				printf "$done%s\n" yes no
			case udp6,broadcast
				printf "$done%s\n" yes no
			case udp6,reuseport
				printf "$done%s\n" yes no
			case unix,path
				printf "$done%s\n" (__fish_complete_path $part)
			case unix,unlink
				printf "$done%s\n" yes no
			case unix,kind
				printf "$done%s\n" stream dgram seqpacket
			case unix,bind
				printf "$done%s\n" (__fish_complete_path $part)
			case stdio,raw
				printf "$done%s\n" yes no
			case systemd,domain
				printf "$done%s\n" INET INET6 UNIX
			case file,path
				printf "$done%s\n" (__fish_complete_path $part)
			case file,mode
				printf "$done%s\n" r w a
			case file,follow
				printf "$done%s\n" yes no
			case file,lock
				printf "$done%s\n" yes no
			case fifo,path
				printf "$done%s\n" (__fish_complete_path $part)
			case fifo,dir
				printf "$done%s\n" r w
			case pty,link
				printf "$done%s\n" (__fish_complete_path $part)
			case pty,raw
				printf "$done%s\n" yes no
			case pty,wait
				printf "$done%s\n" yes no
			case serial,path
				printf "$done%s\n" (__fish_complete_path $part)
			case serial,parity
				printf "$done%s\n" none even odd
			case serial,flow
				printf "$done%s\n" none rtscts
			case exec,stderr
				printf "$done%s\n" keep drop merge log
			case exec,pty
				printf "$done%s\n" yes no
			case sh,stderr
				printf "$done%s\n" keep drop merge log
			case sh,pty
				printf "$done%s\n" yes no
		end
		return
	end
	switch $role,$type
		case connect,tcp
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"starttls=" 'ask in this protocol for TLS, then begin it; the TLS keys go with it'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"servername=" 'name to ask for (SNI), or none (the host)'
			printf '%s\t%s\n' $done"verify-name=" 'name or address that the certificate must be for (the servername)'
			printf '%s\t%s\n' $done"verify=" 'no: trust anybody, and say so (yes)'
			printf '%s\t%s\n' $done"cert=" 'our certificate, with its chain: PEM, or PKCS#12'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,tcp4
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"starttls=" 'ask in this protocol for TLS, then begin it; the TLS keys go with it'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"servername=" 'name to ask for (SNI), or none (the host)'
			printf '%s\t%s\n' $done"verify-name=" 'name or address that the certificate must be for (the servername)'
			printf '%s\t%s\n' $done"verify=" 'no: trust anybody, and say so (yes)'
			printf '%s\t%s\n' $done"cert=" 'our certificate, with its chain: PEM, or PKCS#12'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,tcp6
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"starttls=" 'ask in this protocol for TLS, then begin it; the TLS keys go with it'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"servername=" 'name to ask for (SNI), or none (the host)'
			printf '%s\t%s\n' $done"verify-name=" 'name or address that the certificate must be for (the servername)'
			printf '%s\t%s\n' $done"verify=" 'no: trust anybody, and say so (yes)'
			printf '%s\t%s\n' $done"cert=" 'our certificate, with its chain: PEM, or PKCS#12'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,tls
			printf '%s\t%s\n' $done"host=" 'name or address to connect to, and the name its certificate must be for; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"endpoint=" 'speak over this instead of a socket of our own: [unix:/run/x], [exec:...]'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"servername=" 'name to ask for (SNI), or none (the host)'
			printf '%s\t%s\n' $done"verify-name=" 'name or address that the certificate must be for (the servername)'
			printf '%s\t%s\n' $done"verify=" 'no: trust anybody, and say so (yes)'
			printf '%s\t%s\n' $done"cert=" 'our certificate, with its chain: PEM, or PKCS#12'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,ws
			printf '%s\t%s\n' $done"host=" 'name or address to connect to, and for the Host field; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"path=" 'what to ask for, /PATH[?QUERY] (/); to listen: the only path that is answered (any)'
			printf '%s\t%s\n' $done"subprotocol=" 'subprotocols, the preferred one first: mqtt,stomp'
			printf '%s\t%s\n' $done"origin=" 'the Origin to name, in [brackets]; to listen: whose pages may connect, several with , (all)'
			printf '%s\t%s\n' $done"deflate=" 'compress messages: offer it (no); to listen: agree to it (yes)'
			printf '%s\t%s\n' $done"max-message=" 'longest message to take, 125 to 1G (16M)'
			printf '%s\t%s\n' $done"ping=" 'ask whether a silent peer lives, so often, or no (20s)'
			printf '%s\t%s\n' $done"type=" 'of messages sent: text, binary, or auto: text where it is UTF-8 (auto)'
			printf '%s\t%s\n' $done"lines=" 'a message is a line without its end; no: a message is what is written at once (where lines are read)'
			printf '%s\t%s\n' $done"header=" 'a header field of the request, in [brackets]: [Name: value]; may be repeated'
			printf '%s\t%s\n' $done"user=" 'user name of a Basic login'
			printf '%s\t%s\n' $done"pass=" 'its password; everybody here can see it'
			printf '%s\t%s\n' $done"pass-file=" 'file whose first line is the password'
			printf '%s\t%s\n' $done"pass-env=" 'environment variable with the password'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"endpoint=" 'speak over this instead of a socket of our own: [unix:/run/x], [exec:...]'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,wss
			printf '%s\t%s\n' $done"host=" 'name or address to connect to, and for the Host field; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"path=" 'what to ask for, /PATH[?QUERY] (/); to listen: the only path that is answered (any)'
			printf '%s\t%s\n' $done"subprotocol=" 'subprotocols, the preferred one first: mqtt,stomp'
			printf '%s\t%s\n' $done"origin=" 'the Origin to name, in [brackets]; to listen: whose pages may connect, several with , (all)'
			printf '%s\t%s\n' $done"deflate=" 'compress messages: offer it (no); to listen: agree to it (yes)'
			printf '%s\t%s\n' $done"max-message=" 'longest message to take, 125 to 1G (16M)'
			printf '%s\t%s\n' $done"ping=" 'ask whether a silent peer lives, so often, or no (20s)'
			printf '%s\t%s\n' $done"type=" 'of messages sent: text, binary, or auto: text where it is UTF-8 (auto)'
			printf '%s\t%s\n' $done"lines=" 'a message is a line without its end; no: a message is what is written at once (where lines are read)'
			printf '%s\t%s\n' $done"header=" 'a header field of the request, in [brackets]: [Name: value]; may be repeated'
			printf '%s\t%s\n' $done"user=" 'user name of a Basic login'
			printf '%s\t%s\n' $done"pass=" 'its password; everybody here can see it'
			printf '%s\t%s\n' $done"pass-file=" 'file whose first line is the password'
			printf '%s\t%s\n' $done"pass-env=" 'environment variable with the password'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"endpoint=" 'speak over this instead of a socket of our own: [unix:/run/x], [exec:...]'
			printf '%s\t%s\n' $done"via=" 'proxy on the way: [socks5:HOST:PORT], also socks4a, http, https; env: ALL_PROXY\'s'
			printf '%s\t%s\n' $done"proxy-protocol=" 'say first whose connection it is: a PROXY header, v1 or v2'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"servername=" 'name to ask for (SNI), or none (the host)'
			printf '%s\t%s\n' $done"verify-name=" 'name or address that the certificate must be for (the servername)'
			printf '%s\t%s\n' $done"verify=" 'no: trust anybody, and say so (yes)'
			printf '%s\t%s\n' $done"cert=" 'our certificate, with its chain: PEM, or PKCS#12'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,udp
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"loop=" 'to a group: this machine hears it too (yes)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,udp4
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"loop=" 'to a group: this machine hears it too (yes)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,udp6
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"loop=" 'to a group: this machine hears it too (yes)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,unix
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'socket file, or @NAME (abstract)'
			printf '%s\t%s\n' $done"kind=" 'stream, dgram, or seqpacket: a connection of records (stream)'
			printf '%s\t%s\n' $done"bind=" 'with kind=dgram: path or @NAME that answers come to (a name made up by the kernel)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,vsock
			printf '%s\t%s\n' $done"cid=" 'the machine: a number, host or local; to listen also any (local)'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case connect,stdio
			printf '%s\t%s\n' $done"raw=" 'the terminal passes every key as it is (no)'
		case connect,fd
			printf '%s\t%s\n' $done"fd=" 'number of an open descriptor'
		case connect,inetd
		case connect,file
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'file or device'
			printf '%s\t%s\n' $done"mode=" 'r: read it; w: write it anew; a: append to it (r)'
			printf '%s\t%s\n' $done"offset=" 'where to begin; with mode=w what is before it stays (0)'
			printf '%s\t%s\n' $done"follow=" 'with mode=r: at its end, wait for what is appended (no)'
			printf '%s\t%s\n' $done"lock=" 'flock it, shared to read, exclusive to write; locked already: fail (no)'
			printf '%s\t%s\n' $done"perm=" 'permissions of a file that is created, octal (666 less the umask)'
		case connect,fifo
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'the fifo; made when there is none'
			printf '%s\t%s\n' $done"dir=" 'r: read from it; w: write to it, when somebody reads (r)'
			printf '%s\t%s\n' $done"mode=" 'permissions of a fifo that is made, octal (600)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
		case connect,pty
			printf '%s\t%s\n' $done"link=" 'symbolic link to make to the terminal'
			printf '%s\t%s\n' $done"raw=" 'no echo, no lines, every byte as it is, as on a serial line (no)'
			printf '%s\t%s\n' $done"wait=" 'wait until somebody has opened it (no)'
			printf '%s\t%s\n' $done"mode=" 'permissions of the terminal, octal (620)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)'
		case connect,serial
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'the line: /dev/ttyS0, /dev/ttyUSB0'
			printf '%s\t%s\n' $done"baud=" 'speed, 50 to 4000000 (as it is)'
			printf '%s\t%s\n' $done"parity=" 'none, even or odd (none)'
			printf '%s\t%s\n' $done"bits=" 'data bits, 5 to 8 (8)'
			printf '%s\t%s\n' $done"stop=" 'stop bits, 1 or 2 (1)'
			printf '%s\t%s\n' $done"flow=" 'flow control: none, or rtscts (none)'
		case connect,exec
			printf "$done%s\n" (complete -C $part)
		case connect,sh
			printf "$done%s\n" (complete -C $part)
		case connect,text
		case connect,echo
		case connect,discard
		case connect,chargen
		case connect,stall
		case listen,tcp
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,tcp4
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,tcp6
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,tls
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"cert=" 'certificate and chain, PEM or PKCS#12; auto: one made for this run'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"certs=" 'directory of certificates by name: NAME.pem'
			printf '%s\t%s\n' $done"strict=" 'with certs: refuse names that are not there (no)'
			printf '%s\t%s\n' $done"name=" 'with cert=auto: further names it is for, a.test,10.0.0.1'
			printf '%s\t%s\n' $done"cert-out=" 'with cert=auto: write the certificate to this file'
			printf '%s\t%s\n' $done"client-auth=" 'ask clients for a certificate: none, optional, require (none)'
			printf '%s\t%s\n' $done"allow-cn=" 'clients with one of these common names only'
			printf '%s\t%s\n' $done"allow-san=" 'clients with one of these alternative names only'
			printf '%s\t%s\n' $done"handshake-timeout=" 'for the handshake of a client (10s)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,ws
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"path=" 'what to ask for, /PATH[?QUERY] (/); to listen: the only path that is answered (any)'
			printf '%s\t%s\n' $done"subprotocol=" 'subprotocols, the preferred one first: mqtt,stomp'
			printf '%s\t%s\n' $done"origin=" 'the Origin to name, in [brackets]; to listen: whose pages may connect, several with , (all)'
			printf '%s\t%s\n' $done"deflate=" 'compress messages: offer it (no); to listen: agree to it (yes)'
			printf '%s\t%s\n' $done"max-message=" 'longest message to take, 125 to 1G (16M)'
			printf '%s\t%s\n' $done"ping=" 'ask whether a silent peer lives, so often, or no (20s)'
			printf '%s\t%s\n' $done"type=" 'of messages sent: text, binary, or auto: text where it is UTF-8 (auto)'
			printf '%s\t%s\n' $done"lines=" 'a message is a line without its end; no: a message is what is written at once (where lines are read)'
			printf '%s\t%s\n' $done"handshake-timeout=" 'for the handshake of a client (10s)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,wss
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"path=" 'what to ask for, /PATH[?QUERY] (/); to listen: the only path that is answered (any)'
			printf '%s\t%s\n' $done"subprotocol=" 'subprotocols, the preferred one first: mqtt,stomp'
			printf '%s\t%s\n' $done"origin=" 'the Origin to name, in [brackets]; to listen: whose pages may connect, several with , (all)'
			printf '%s\t%s\n' $done"deflate=" 'compress messages: offer it (no); to listen: agree to it (yes)'
			printf '%s\t%s\n' $done"max-message=" 'longest message to take, 125 to 1G (16M)'
			printf '%s\t%s\n' $done"ping=" 'ask whether a silent peer lives, so often, or no (20s)'
			printf '%s\t%s\n' $done"type=" 'of messages sent: text, binary, or auto: text where it is UTF-8 (auto)'
			printf '%s\t%s\n' $done"lines=" 'a message is a line without its end; no: a message is what is written at once (where lines are read)'
			printf '%s\t%s\n' $done"ca=" 'whom to trust: PEM file, hashed directory, or system'
			printf '%s\t%s\n' $done"cert=" 'certificate and chain, PEM or PKCS#12; auto: one made for this run'
			printf '%s\t%s\n' $done"key=" 'PEM file with the key (in cert)'
			printf '%s\t%s\n' $done"key-pass-file=" 'file whose first line is the key\'s password'
			printf '%s\t%s\n' $done"key-pass-env=" 'environment variable with the key\'s password'
			printf '%s\t%s\n' $done"pin=" 'the peer\'s key must be this: sha256//BASE64, several with ;'
			printf '%s\t%s\n' $done"alpn=" 'application protocols, in order: h2,http/1.1'
			printf '%s\t%s\n' $done"min=" 'oldest version of TLS (1.2)'
			printf '%s\t%s\n' $done"max=" 'newest version of TLS (1.3)'
			printf '%s\t%s\n' $done"ciphers=" 'OpenSSL\'s list of ciphers, in [brackets]'
			printf '%s\t%s\n' $done"groups=" 'key exchange groups, in [brackets]: [X25519:P-256]'
			printf '%s\t%s\n' $done"sigalgs=" 'signature algorithms, in [brackets]: [ECDSA+SHA256]'
			printf '%s\t%s\n' $done"truncation=" 'an end without close_notify: refuse it, or allow it (refuse)'
			printf '%s\t%s\n' $done"certs=" 'directory of certificates by name: NAME.pem'
			printf '%s\t%s\n' $done"strict=" 'with certs: refuse names that are not there (no)'
			printf '%s\t%s\n' $done"name=" 'with cert=auto: further names it is for, a.test,10.0.0.1'
			printf '%s\t%s\n' $done"cert-out=" 'with cert=auto: write the certificate to this file'
			printf '%s\t%s\n' $done"client-auth=" 'ask clients for a certificate: none, optional, require (none)'
			printf '%s\t%s\n' $done"allow-cn=" 'clients with one of these common names only'
			printf '%s\t%s\n' $done"allow-san=" 'clients with one of these alternative names only'
			printf '%s\t%s\n' $done"handshake-timeout=" 'for the handshake of a client (10s)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"reuseaddr=" 'bind also while connections of an earlier server still close (yes)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"mss=" 'largest TCP segment, 88-32767'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,udp
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"group=" 'multicast group to join, on interface=, device= or the loopback'
			printf '%s\t%s\n' $done"source=" 'with group: hear this sender only (source-specific multicast)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,udp4
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"group=" 'multicast group to join, on interface=, device= or the loopback'
			printf '%s\t%s\n' $done"source=" 'with group: hear this sender only (source-specific multicast)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,udp6
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"group=" 'multicast group to join, on interface=, device= or the loopback'
			printf '%s\t%s\n' $done"source=" 'with group: hear this sender only (source-specific multicast)'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"netns=" 'network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,unix
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'socket file, or @NAME (abstract)'
			printf '%s\t%s\n' $done"mode=" 'permissions of the socket file, octal (600)'
			printf '%s\t%s\n' $done"user=" 'user whom the socket file is given, name or number'
			printf '%s\t%s\n' $done"group=" 'group that the socket file is given, name or number'
			printf '%s\t%s\n' $done"unlink=" 'remove the socket file at the end (yes)'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"kind=" 'stream, dgram, or seqpacket: a connection of records (stream)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,vsock
			printf '%s\t%s\n' $done"cid=" 'the machine: a number, host or local; to listen also any (local)'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
			printf '%s\t%s\n' $done"sockopt=" 'any socket option: LEVEL,NAME,HEX, several joined by /'
		case listen,stdio
		case listen,fd
			printf '%s\t%s\n' $done"fd=" 'number of an open descriptor'
		case listen,inetd
		case listen,systemd
			printf '%s\t%s\n' $done"domain=" 'family the socket must have: INET, INET6 or UNIX; none: any'
			printf '%s\t%s\n' $done"index=" 'which of the sockets, from 0; negative: from the end'
			printf '%s\t%s\n' $done"name=" 'the sockets of this FileDescriptorName='
		case listen,fifo
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'the fifo; made when there is none'
			printf '%s\t%s\n' $done"dir=" 'r: read from it; w: write to it, when somebody reads (r)'
			printf '%s\t%s\n' $done"mode=" 'permissions of a fifo that is made, octal (600)'
		case listen,pty
			printf '%s\t%s\n' $done"link=" 'symbolic link to make to the terminal'
			printf '%s\t%s\n' $done"raw=" 'no echo, no lines, every byte as it is, as on a serial line (no)'
			printf '%s\t%s\n' $done"wait=" 'wait until somebody has opened it (no)'
			printf '%s\t%s\n' $done"mode=" 'permissions of the terminal, octal (620)'
		case listen,serial
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'the line: /dev/ttyS0, /dev/ttyUSB0'
			printf '%s\t%s\n' $done"baud=" 'speed, 50 to 4000000 (as it is)'
			printf '%s\t%s\n' $done"parity=" 'none, even or odd (none)'
			printf '%s\t%s\n' $done"bits=" 'data bits, 5 to 8 (8)'
			printf '%s\t%s\n' $done"stop=" 'stop bits, 1 or 2 (1)'
			printf '%s\t%s\n' $done"flow=" 'flow control: none, or rtscts (none)'
		case listen,haproxy
			printf '%s\t%s\n' $done"trusted=" 'networks whose headers are believed, in [brackets], separated by commas (all)'
			printf '%s\t%s\n' $done"timeout=" 'for the header (3s)'
			printf '%s\t%s\n' $done"tcp:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"tcp4:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"tcp6:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"tls:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"ws:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"wss:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"udp:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"udp4:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"udp6:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"unix:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"vsock:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"stdio" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"fd:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"inetd" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"systemd" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"fifo:" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"pty" 'where to listen: all the rest of the string'
			printf '%s\t%s\n' $done"serial:" 'where to listen: all the rest of the string'
	end
end

complete -c twc -f
complete -c twc -n '__twc_is COMMAND' -a '(__twc_in_command)'
complete -c twc -n 'not __twc_is COMMAND' -l help -s h -d 'explain the command and its options'
complete -c twc -n 'not __twc_is COMMAND' -l version -s V -d 'print the version of twc and of the libraries it is linked with'
complete -c twc -n 'not __twc_is COMMAND' -l verbose -s v -d 'a line for each connection opened and closed; twice: dial and handshake steps'
complete -c twc -n 'not __twc_is COMMAND' -l quiet -s q -d 'print nothing but failures, not even the ready line'
complete -c twc -n 'not __twc_is COMMAND' -l trace -d 'log bytes and states of these layers: net,transport or all or all,-reactor' -x -a '(__twc_trace)'
complete -c twc -n 'not __twc_is COMMAND' -l log-json -d 'what goes to standard error is one JSON object a line'
complete -c twc -n 'not __twc_is COMMAND' -l log-time -d 'put the date and time (UTC) before each line on standard error'
complete -c twc -n 'not __twc_is COMMAND' -l numeric -d 'look up no names: take literal addresses alone'
complete -c twc -n 'not __twc_is COMMAND' -l resolver -d 'ask these name servers (ADDR[:PORT],...), or `system` for the C library\'s resolver' -x
complete -c twc -n 'not __twc_is COMMAND' -l resolve -d 'a fixed address for a name; repeatable' -x

complete -c twc -n '__twc_is ""' -a serve -d 'answer connections'
complete -c twc -n '__twc_is serve' -l echo -d 'send back what comes (RFC 862)'
complete -c twc -n '__twc_is serve' -l discard -d 'take everything, answer nothing (RFC 863)'
complete -c twc -n '__twc_is serve' -l chargen -d 'send lines of characters without end (RFC 864)'
complete -c twc -n '__twc_is serve' -l daytime -d 'send the date and time as text (RFC 867)'
complete -c twc -n '__twc_is serve' -l time -d 'send the time as a 32-bit number (RFC 868)'
complete -c twc -n '__twc_is serve' -l qotd -d 'send a quote of the day (RFC 865)'
complete -c twc -n '__twc_is serve' -l text -d 'send STRING (with C escapes)' -x
complete -c twc -n '__twc_is serve' -l file -d 'send the content of FILE' -r -F
complete -c twc -n '__twc_is serve' -l stall -d 'accept, read nothing and send nothing'
complete -c twc -n '__twc_is serve' -l reply -d 'answer a request with STRING (with C escapes), or FILE as it is, and close' -x
complete -c twc -n '__twc_is serve' -l reply-after -d 'with --reply: a request ends with a line, a blank-line, N bytes, or where a REGEX matches' -x
complete -c twc -n '__twc_is serve' -l save -d 'write what each client sends to a file; %c is the connection, %p the peer' -r -F
complete -c twc -n '__twc_is serve' -l exec -d 'run CMD for each client, on its connection; no shell' -x -a '(__fish_complete_command)'
complete -c twc -n '__twc_is serve' -l sh -d 'the same by /bin/sh' -x -a '(__fish_complete_command)'
complete -c twc -n '__twc_is serve' -l stderr -d 'with --exec, --sh: what CMD says as an error: keep (ours), drop, merge (to the client), log' -x -a 'keep drop merge log'
complete -c twc -n '__twc_is serve' -l ucspi -d 'with --exec, --sh: PROTO, TCPREMOTEIP and so on in the environment, as tcpserver has it'
complete -c twc -n '__twc_is serve' -l detach-children -d 'with --exec, --sh: CMD has the connection itself, and goes on when the server stops'
complete -c twc -n '__twc_is serve' -l broadcast -d 'send what each client sends to all others'
complete -c twc -n '__twc_is serve' -l chat -d 'the same by lines, with names, for people'
complete -c twc -n '__twc_is serve' -l slow -d 'with --broadcast, --chat: a client that reads too slowly misses some, is waited for, or closed' -x -a 'drop block close'
complete -c twc -n '__twc_is serve' -l banner -d 'greet each client with TEXT (with C escapes) before anything else' -x
complete -c twc -n '__twc_is serve' -l send -d 'standard input to the clients only; what they send is thrown away'
complete -c twc -n '__twc_is serve' -l recv -d 'the clients to standard output only; standard input is not read'
complete -c twc -n '__twc_is serve' -l tag -d 'each line of a client comes out with its number and address in front'
complete -c twc -n '__twc_is serve' -l eof -d 'the end of one direction: passed on (half), closes both (close; peer: its own), kept back (keep)' -x -a 'half close keep peer'
complete -c twc -n '__twc_is serve' -l linger -d 'with --once: end with status 0 so long after the end of standard input' -x
complete -c twc -n '__twc_is serve' -l once -d 'serve one connection; its end is the end, its status the status'
complete -c twc -n '__twc_is serve' -l public -d 'listen on all addresses instead of the loopback'
complete -c twc -n '__twc_is serve' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is serve' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is serve' -l allow -d 'let clients of this network in, others not; repeatable' -x
complete -c twc -n '__twc_is serve' -l deny -d 'close connections of this network at once; repeatable, the first rule that fits decides' -x
complete -c twc -n '__twc_is serve' -l allow-file -d 'the rules of FILE, one a line: networks that are let in, others not; SIGHUP reads it again' -r -F
complete -c twc -n '__twc_is serve' -l deny-file -d 'likewise, networks whose connections are closed' -r -F
complete -c twc -n '__twc_is serve' -l allow-uid -d 'let this user in by a UNIX socket, others not; repeatable' -x
complete -c twc -n '__twc_is serve' -l hexdump -d 'show every byte that passes, with time, connection and direction, on standard error or in FILE'
complete -c twc -n '__twc_is serve' -l dump -d 'the same in another form: text, or text=FILE (lines, with escapes)' -x
complete -c twc -n '__twc_is serve' -l tee-in -d 'copy what is received into FILE; %c in its name is the connection\'s number' -r -F
complete -c twc -n '__twc_is serve' -l tee-out -d 'copy what is sent into FILE, likewise' -r -F
complete -c twc -n '__twc_is serve' -l limit-rate -d 'at most so many bytes a second each way, per connection (200k, or 200k:burst=64k)' -x
complete -c twc -n '__twc_is serve' -l line-delay -d 'send standard input line by line, each so long after the one before' -x
complete -c twc -n '__twc_is serve' -l crlf -d 'send line ends as CR LF'
complete -c twc -n '__twc_is serve' -l telnet -d 'speak telnet, refusing every option'
complete -c twc -n '__twc_is serve' -l frames -d 'how a stream becomes datagrams and back: line, nul, len4, raw, or raw:SIZE' -x
complete -c twc -n '__twc_is serve' -l max-bytes -d 'end, with status 0, when so much was received' -x
complete -c twc -n '__twc_is serve' -l max-messages -d 'end, with status 0, when so many datagrams were received' -x
complete -c twc -n '__twc_is serve' -l limit-rate-total -d 'the same as --limit-rate for all connections together, in equal parts' -x
complete -c twc -n '__twc_is serve' -l stats -d 'at the end, say how many connections there were and how many bytes passed'
complete -c twc -n '__twc_is serve' -l idle -d 'end a connection without traffic for so long' -x
complete -c twc -n '__twc_is serve' -l until-idle -d 'with --once: end with status 0 when there was no traffic for so long' -x
complete -c twc -n '__twc_is serve' -l max-time -d 'end a connection that lasts longer' -x
complete -c twc -n '__twc_is serve' -l accept-timeout -d 'end with status 75 if no client comes within this time' -x
complete -c twc -n '__twc_is serve' -l for -d 'stop by itself after this time' -x
complete -c twc -n '__twc_is serve' -l drain -d 'how long connections may last after a stop' -x
complete -c twc -n '__twc_is serve' -l max-clients -d 'serve so many at once; more wait, or are turned away with over=close, over=reset' -x
complete -c twc -n '__twc_is serve' -l max-per-ip -d 'close connections beyond so many from one address' -x
complete -c twc -n '__twc_is serve' -l accept-rate -d 'accept so many a second, minute or hour; more wait' -x
complete -c twc -n '__twc_is serve' -l ready-fd -d 'write the ready lines to descriptor N too, then close it' -x
complete -c twc -n '__twc_is serve' -l port-file -d 'write the port numbers to FILE, one a line' -r -F
complete -c twc -n '__twc_is serve' -l workers -d 'serve with N processes that share the ports; 0: one for each processor' -x
complete -c twc -n '__twc_is serve' -l user -d 'become this user when the ports are bound' -x
complete -c twc -n '__twc_is serve' -l pid-file -d 'write the number of the process to FILE; end with status 73 if the one in it still runs' -r -F
complete -c twc -n '__twc_is serve' -l bg -d 'go into the background when it listens; prints the number of the process and the endpoints'
complete -c twc -n '__twc_is serve' -l fail-on -d 'client-error: the first failure of a client is the exit status at the end' -x -a 'client-error'
complete -c twc -n '__twc_is serve' -a '(__twc_endpoint listen)'

complete -c twc -n '__twc_is ""' -a connect -d 'reach an endpoint, or check that it can be reached'
complete -c twc -n '__twc_is connect' -l to -d 'join with this endpoint instead of standard input and output' -x -a '(__twc_endpoint connect)'
complete -c twc -n '__twc_is connect' -l send -d 'standard input to the peer only; what it sends is thrown away'
complete -c twc -n '__twc_is connect' -l recv -d 'the peer to standard output only; standard input is not read'
complete -c twc -n '__twc_is connect' -l eof -d 'the end of one direction: passed on (half), closes both (close; peer: its own), kept back (keep)' -x -a 'half close keep peer'
complete -c twc -n '__twc_is connect' -l linger -d 'end with status 0 so long after the end of standard input, or of the second endpoint' -x
complete -c twc -n '__twc_is connect' -l stats -d 'at the end, say how many bytes passed and how long it took'
complete -c twc -n '__twc_is connect' -l escape -d 'the key that ends it when the terminal is raw (stdio:raw=yes): ^] unless given, or none' -x
complete -c twc -n '__twc_is connect' -l progress -d 'on a terminal, show how many bytes have passed, how fast, and the time left'
complete -c twc -n '__twc_is connect' -l fdpass -d 'hand the connection itself over on standard output, a UNIX socket (ssh: ProxyUseFdpass)'
complete -c twc -n '__twc_is connect' -l hexdump -d 'show every byte that passes, with time, connection and direction, on standard error or in FILE'
complete -c twc -n '__twc_is connect' -l dump -d 'the same in another form: text, or text=FILE (lines, with escapes)' -x
complete -c twc -n '__twc_is connect' -l tee-in -d 'copy what is received into FILE; %c in its name is the connection\'s number' -r -F
complete -c twc -n '__twc_is connect' -l tee-out -d 'copy what is sent into FILE, likewise' -r -F
complete -c twc -n '__twc_is connect' -l limit-rate -d 'at most so many bytes a second each way, per connection (200k, or 200k:burst=64k)' -x
complete -c twc -n '__twc_is connect' -l line-delay -d 'send standard input line by line, each so long after the one before' -x
complete -c twc -n '__twc_is connect' -l crlf -d 'send line ends as CR LF'
complete -c twc -n '__twc_is connect' -l telnet -d 'speak telnet, refusing every option'
complete -c twc -n '__twc_is connect' -l frames -d 'how a stream becomes datagrams and back: line, nul, len4, raw, or raw:SIZE' -x
complete -c twc -n '__twc_is connect' -l max-bytes -d 'end, with status 0, when so much was received' -x
complete -c twc -n '__twc_is connect' -l max-messages -d 'end, with status 0, when so many datagrams were received' -x
complete -c twc -n '__twc_is connect' -l idle -d 'end with status 75 when there was no traffic for so long' -x
complete -c twc -n '__twc_is connect' -l until-idle -d 'end with status 0 when there was no traffic for so long' -x
complete -c twc -n '__twc_is connect' -l max-time -d 'end with status 75 when the whole, the dial included, takes longer' -x
complete -c twc -n '__twc_is connect' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is connect' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is connect' -l check -d 'only see whether every ENDPOINT can be reached: by connecting, passive (kernel tables), or by TLS'
complete -c twc -n '__twc_is connect' -l json -d 'say for each ENDPOINT what the check came to: one JSON object a line on standard output'
complete -c twc -n '__twc_is connect' -l wait -d 'try again until all can be reached; status 75 when they cannot within this time' -x
complete -c twc -n '__twc_is connect' -l until-closed -d 'the check is whether nothing answers there any more'
complete -c twc -n '__twc_is connect' -l any -d 'the check is whether one of them can be reached'
complete -c twc -n '__twc_is connect' -l stable -d 'a connection that the peer closes within this time, without a byte, does not count' -x
complete -c twc -n '__twc_is connect' -l send-line -d 'send this line (with C escapes) when the connection stands; repeatable' -x
complete -c twc -n '__twc_is connect' -l expect -d 'what comes must match this extended regular expression, else the status is 1' -x
complete -c twc -n '__twc_is connect' -l retry -d 'dial up to so many times more when the connection cannot be made' -x
complete -c twc -n '__twc_is connect' -l retry-delay -d 'how long to wait between attempts; doubled each time up to max' -x
complete -c twc -n '__twc_is connect' -l retry-on -d 'which failures: refused,unreachable,dns,timeout,reset,limit' -x
complete -c twc -n '__twc_is connect' -l retry-max-time -d 'give up with status 75 after this time' -x
complete -c twc -n '__twc_is connect' -l reconnect -d 'dial again when the connection has ended, and go on'
complete -c twc -n '__twc_is connect' -l preamble -d 'send this (with C escapes), or FILE as it is, first on each connection' -x
complete -c twc -n '__twc_is connect' -a '(__twc_endpoint connect)'

complete -c twc -n '__twc_is ""' -a http -d 'ask an HTTP server'
complete -c twc -n '__twc_is http' -l url -d 'another way to give the URL, in files of options above all' -x
complete -c twc -n '__twc_is http' -l request -s X -d 'the method; without it GET, or POST with a body' -x
complete -c twc -n '__twc_is http' -l head -s I -d 'ask for the head alone (HEAD) and print it'
complete -c twc -n '__twc_is http' -l get -s G -d 'put the data (-d) into the query, and send GET'
complete -c twc -n '__twc_is http' -l header -s H -d '`Name: value`; `Name:` leaves it out, `Name;` sends it empty; @FILE: one a line' -x
complete -c twc -n '__twc_is http' -l user-agent -s A -d 'what to say who asks; empty: nothing' -x
complete -c twc -n '__twc_is http' -l referer -s e -d 'where the link was; with ;auto the page that redirected' -x
complete -c twc -n '__twc_is http' -l url-query -d 'add to the query, encoded: name=value, name@FILE, +as-it-is; repeatable' -x
complete -c twc -n '__twc_is http' -l items -d 'items of data become an object of JSON, a form, or a form with files' -x -a 'json form multipart'
complete -c twc -n '__twc_is http' -l range -s r -d 'this part of it: 0-499, 500-, -500' -x
complete -c twc -n '__twc_is http' -l time-cond -s z -d 'only if it is newer than this; -DATE: older' -r -F
complete -c twc -n '__twc_is http' -l etag-save -d 'write the entity tag of the response to FILE' -r -F
complete -c twc -n '__twc_is http' -l etag-compare -d 'only if its entity tag is not the one in FILE' -r -F
complete -c twc -n '__twc_is http' -l glob -d '[1-9] and {a,b} in a URL make several of it'
complete -c twc -n '__twc_is http' -l globoff -s g -d 'they do not, which is how it is without --glob'
complete -c twc -n '__twc_is http' -l path-as-is -d 'leave . and .. in the path as they are'
complete -c twc -n '__twc_is http' -l request-target -d 'send this in place of path and query' -x
complete -c twc -n '__twc_is http' -l http1.0 -s 0 -d 'ask with HTTP/1.0'
complete -c twc -n '__twc_is http' -l http1.1 -d 'ask with HTTP/1.1 alone'
complete -c twc -n '__twc_is http' -l http2 -d 'HTTP/2 where TLS agrees on it, else HTTP/1.1, as without it'
complete -c twc -n '__twc_is http' -l http2-prior-knowledge -d 'HTTP/2 alone, without TLS too'
complete -c twc -n '__twc_is http' -l alpn -d 'let TLS agree on a version; without it HTTP/1.1'
complete -c twc -n '__twc_is http' -l no-alpn
complete -c twc -n '__twc_is http' -l config -s K -d 'read options from FILE, or - for standard input; no other file is read by itself' -r -F
complete -c twc -n '__twc_is http' -l next -s ':' -d 'what follows are other URLs, with options of their own'
complete -c twc -n '__twc_is http' -l offline -d 'send nothing: print the bytes that would be sent'
complete -c twc -n '__twc_is http' -l print-curl -d 'send nothing: print a command line of curl that would'
complete -c twc -n '__twc_is http' -l data -s d -d 'send as a form; @FILE without its line breaks, @- standard input; several are joined by &' -x
complete -c twc -n '__twc_is http' -l data-raw -d 'the same, but @ has no meaning' -x
complete -c twc -n '__twc_is http' -l data-binary -d 'the same, and @FILE is sent as it is' -x
complete -c twc -n '__twc_is http' -l data-urlencode -d 'encoded: VALUE, =VALUE, name=VALUE, @FILE, name@FILE' -x
complete -c twc -n '__twc_is http' -l json -d 'send this, or @FILE, with the header fields for JSON; several are put behind each other' -x
complete -c twc -n '__twc_is http' -l form -s F -d 'a part of a form: text, @FILE[;type=T;filename=N;headers=H] a file, <FILE its content' -x
complete -c twc -n '__twc_is http' -l form-string -d 'the same, and @ < ; have no meaning in it' -x
complete -c twc -n '__twc_is http' -l form-escape -d 'backslashes before quotes in names of parts, in place of %22'
complete -c twc -n '__twc_is http' -l upload-file -s T -d 'PUT it, - is standard input as it comes; a URL that ends in / gets its name' -r -F
complete -c twc -n '__twc_is http' -l expect100-timeout -d 'how long to wait for leave to send a large body' -x
complete -c twc -n '__twc_is http' -l via -d 'connect to this in place of the URL\'s host and port' -x -a '(__twc_endpoint connect)'
complete -c twc -n '__twc_is http' -l unix-socket -d '--via unix:PATH' -r -F
complete -c twc -n '__twc_is http' -l abstract-unix-socket -d '--via unix:@NAME' -x
complete -c twc -n '__twc_is http' -l connect-to -d 'connect to HOST2:PORT2 for HOST1:PORT1; empty parts mean any, or the same' -x
complete -c twc -n '__twc_is http' -l proxy -s x -d '[SCHEME://][LOGIN@]HOST[:PORT]; http, https, socks4, socks4a, socks5 or socks5h; empty: none' -x
complete -c twc -n '__twc_is http' -l proxytunnel -s p -d 'ask the proxy for a tunnel (CONNECT) for http URLs, too'
complete -c twc -n '__twc_is http' -l proxy-user -s U -d 'the login at the proxy; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http' -l proxy-header -d 'a header field for the proxy alone' -x
complete -c twc -n '__twc_is http' -l noproxy -d 'no proxy for these names, domains, addresses and networks, or *' -x
complete -c twc -n '__twc_is http' -l proxy-insecure -d 'trust any certificate of an https proxy; a warning says so'
complete -c twc -n '__twc_is http' -l proxy-cacert -d 'for an https proxy, trust the authorities in FILE alone (PEM)' -r -F
complete -c twc -n '__twc_is http' -l proxy-capath -d 'or those in this directory, as openssl rehash leaves it' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http' -l proxy-cert -d 'our certificate for an https proxy' -r -F
complete -c twc -n '__twc_is http' -l proxy-key -d 'its key' -r -F
complete -c twc -n '__twc_is http' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is http' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is http' -l interface -d 'connect from this network interface or address' -x
complete -c twc -n '__twc_is http' -l local-port -d 'connect from this port' -x
complete -c twc -n '__twc_is http' -l insecure -s k -d 'trust any certificate; a warning says so'
complete -c twc -n '__twc_is http' -l cacert -d 'trust the authorities in FILE alone (PEM)' -r -F
complete -c twc -n '__twc_is http' -l capath -d 'trust those in this directory, as openssl rehash leaves it' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http' -l pinnedpubkey -d 'sha256//BASE64 of the public key that the server must have, besides all else' -x
complete -c twc -n '__twc_is http' -l cert -s E -d 'our certificate, its chain and mostly its key' -r -F
complete -c twc -n '__twc_is http' -l cert-type -d 'accepted: either is recognised' -x -a 'PEM P12'
complete -c twc -n '__twc_is http' -l key -d 'its key, when it is in another file' -r -F
complete -c twc -n '__twc_is http' -l pass -d 'that of the key; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http' -l tlsv1.2 -d 'TLS 1.2 at least'
complete -c twc -n '__twc_is http' -l tlsv1.3 -d 'TLS 1.3 at least'
complete -c twc -n '__twc_is http' -l tls-max -d 'and at most this' -x -a '1.2 1.3'
complete -c twc -n '__twc_is http' -l ciphers -d 'those of TLS 1.2, as openssl-ciphers(1) has them' -x
complete -c twc -n '__twc_is http' -l tls13-ciphers -d 'those of TLS 1.3' -x
complete -c twc -n '__twc_is http' -l curves -d 'groups for the key exchange: X25519:P-256' -x
complete -c twc -n '__twc_is http' -l sigalgs -d 'signature algorithms that a server may use: ECDSA+SHA256' -x
complete -c twc -n '__twc_is http' -l tls-info -d 'say what TLS came to, certificates too: a JSON object on standard error'
complete -c twc -n '__twc_is http' -l user -s u -d 'log in as; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http' -l basic -d 'by Basic, as without it'
complete -c twc -n '__twc_is http' -l digest -d 'by Digest'
complete -c twc -n '__twc_is http' -l anyauth -d 'ask first, then by the strongest that the server has'
complete -c twc -n '__twc_is http' -l oauth2-bearer -d 'send this token; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http' -l bearer -d 'the same' -x
complete -c twc -n '__twc_is http' -l netrc -s n -d 'take logins from ~/.netrc'
complete -c twc -n '__twc_is http' -l netrc-file -d 'take them from FILE' -r -F
complete -c twc -n '__twc_is http' -l netrc-optional -d 'take them from ~/.netrc if there is one, and the URL has none'
complete -c twc -n '__twc_is http' -l cookie -s b -d 'send these (a=b; c=d), or those of a jar; cookies that come are kept' -x
complete -c twc -n '__twc_is http' -l cookie-jar -s c -d 'write all cookies there in the end; - is standard output' -r -F
complete -c twc -n '__twc_is http' -l junk-session-cookies -s j -d 'leave those of a jar out that end with a session'
complete -c twc -n '__twc_is http' -l public-suffixes -d 'take no cookie for all of a public suffix in this list (publicsuffix.org)' -r -F
complete -c twc -n '__twc_is http' -l compressed -d 'ask for compression (gzip, deflate, br, zstd) and undo it'
complete -c twc -n '__twc_is http' -l lenient -d 'take Transfer-Encoding together with Content-Length from a server'
complete -c twc -n '__twc_is http' -l sse -d 'print the data of events (text/event-stream), and connect again when it ends'
complete -c twc -n '__twc_is http' -l sse-json -d 'the same, each event as a JSON object: event id data retry'
complete -c twc -n '__twc_is http' -l count -d 'end after so many events' -x
complete -c twc -n '__twc_is http' -l location -s L -d 'follow redirects'
complete -c twc -n '__twc_is http' -l max-redirs -d 'how many at most; -1: no limit' -x
complete -c twc -n '__twc_is http' -l post301 -d 'POST stays POST after status 301'
complete -c twc -n '__twc_is http' -l post302 -d 'and after 302'
complete -c twc -n '__twc_is http' -l post303 -d 'and after 303'
complete -c twc -n '__twc_is http' -l keep-method -d 'the method of -X on every hop, whatever the status says'
complete -c twc -n '__twc_is http' -l location-trusted -d 'other hosts get login and cookies, too'
complete -c twc -n '__twc_is http' -l allow-downgrade -d 'follow from https to http'
complete -c twc -n '__twc_is http' -l proto -d 'what URLs may begin with, redirects included: =https is https alone' -x
complete -c twc -n '__twc_is http' -l proto-default -d 'what a URL without a scheme begins with' -x -a 'http https'
complete -c twc -n '__twc_is http' -l proto-redir -d 'where redirects may lead; the same form' -x
complete -c twc -n '__twc_is http' -l retry -d 'try again after a failure that may pass: timeouts, and statuses as of --retry-on' -x
complete -c twc -n '__twc_is http' -l retry-delay -d 'wait so long each time; else a second, doubled each time, with jitter' -x
complete -c twc -n '__twc_is http' -l retry-max-time -d 'begin no new attempt after this time' -x
complete -c twc -n '__twc_is http' -l retry-connrefused -d 'also when the connection is refused'
complete -c twc -n '__twc_is http' -l retry-all-errors -d 'after any failure at all'
complete -c twc -n '__twc_is http' -l retry-on -d 'which statuses: 429,5xx' -x
complete -c twc -n '__twc_is http' -l retry-after-max -d 'the longest that Retry-After is heeded' -x
complete -c twc -n '__twc_is http' -l max-time -s m -d 'for a whole transfer' -x
complete -c twc -n '__twc_is http' -l connect-timeout -d 'until the connection stands, TLS included' -x
complete -c twc -n '__twc_is http' -l first-byte-timeout -d 'from the end of the request to the response' -x
complete -c twc -n '__twc_is http' -l speed-limit -s Y -d 'give up when it is slower than this a second for --speed-time' -x
complete -c twc -n '__twc_is http' -l speed-time -s y -d 'for how long; alone: slower than a byte a second' -x
complete -c twc -n '__twc_is http' -l max-filesize -d 'of a body, decoded' -x
complete -c twc -n '__twc_is http' -l limit-rate -d 'bytes a second at most, each way' -x
complete -c twc -n '__twc_is http' -l parallel -s Z -d 'many at a time'
complete -c twc -n '__twc_is http' -l parallel-max -d 'how many' -x
complete -c twc -n '__twc_is http' -l parallel-immediate -d 'accepted: nobody waits for a connection of others'
complete -c twc -n '__twc_is http' -l rate -d 'begin so many a second, or as in 10/m, 100/h, 2/5s' -x
complete -c twc -n '__twc_is http' -l output -s o -d 'write the body there; one for each URL, #1 is what --glob has put in' -r -F
complete -c twc -n '__twc_is http' -l remote-name -s O -d 'into a file that is called like the URL\'s last part; once for each URL'
complete -c twc -n '__twc_is http' -l remote-name-all -d '-O for all of them'
complete -c twc -n '__twc_is http' -l remote-header-name -s J -d 'with -O: the name that Content-Disposition has'
complete -c twc -n '__twc_is http' -l output-dir -d 'put files there' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http' -l create-dirs -d 'make the directories that lack'
complete -c twc -n '__twc_is http' -l clobber -d 'overwrite files (so without it); with no: write to NAME.1, NAME.2…'
complete -c twc -n '__twc_is http' -l no-clobber
complete -c twc -n '__twc_is http' -l skip-existing -d 'ask for nothing whose file is there'
complete -c twc -n '__twc_is http' -l part -d 'write to NAME.part until it is complete (so without it); with no: to NAME at once'
complete -c twc -n '__twc_is http' -l no-part
complete -c twc -n '__twc_is http' -l remove-on-error -d 'keep no part of a file that fails'
complete -c twc -n '__twc_is http' -l continue-at -s C -d 'go on from there; -: behind what is there of the file' -x
complete -c twc -n '__twc_is http' -l checksum -d 'sha256:HEX of the file, which is not kept, status 77, if it has another' -x
complete -c twc -n '__twc_is http' -l remote-time -s R -d 'give the file the time of Last-Modified'
complete -c twc -n '__twc_is http' -l out-null -d 'write the body nowhere'
complete -c twc -n '__twc_is http' -l include -s i -d 'the head of the response before its body'
complete -c twc -n '__twc_is http' -l dump-header -s D -d 'write heads there; - is standard output' -r -F
complete -c twc -n '__twc_is http' -l print -d 'what to print: H and B head and body of the request, h and b of the response, m numbers' -x
complete -c twc -n '__twc_is http' -l pretty -d 'indent JSON'
complete -c twc -n '__twc_is http' -l color -d 'colour heads and JSON; auto: on a terminal, unless NO_COLOR is set' -x -a 'auto always never'
complete -c twc -n '__twc_is http' -l unbuffered -s N -d 'accepted: what has come is written at once'
complete -c twc -n '__twc_is http' -l silent -s s -d 'no progress, and no failures either, without -S'
complete -c twc -n '__twc_is http' -l show-error -s S -d 'with -s: failures all the same'
complete -c twc -n '__twc_is http' -l stderr -d 'what goes to standard error goes there; - is standard output' -r -F
complete -c twc -n '__twc_is http' -l progress-bar -s '#' -d 'accepted: on a terminal it is a bar anyway'
complete -c twc -n '__twc_is http' -l progress-meter -d 'progress on standard error, if that is a terminal (so without it)'
complete -c twc -n '__twc_is http' -l no-progress-meter
complete -c twc -n '__twc_is http' -l write-out -s w -d 'print this in the end, with %{variables} as curl has them; @FILE' -x
complete -c twc -n '__twc_is http' -l report -d 'json[:FILE|:fd:N]: an object a line for each transfer and attempt' -x -a 'json json:'
complete -c twc -n '__twc_is http' -l har -d 'an archive of all there was, for the tools of browsers' -r -F
complete -c twc -n '__twc_is http' -l trace-ascii -d 'write all that is sent and received there, as curl does; - is standard output' -r -F
complete -c twc -n '__twc_is http' -l trace-time -d 'with the time of day, also for -v'
complete -c twc -n '__twc_is http' -l show-secrets -d 'show logins and cookies, which are *** without it'
complete -c twc -n '__twc_is http' -l exit -d 'whose exit status; curl: that of the first failure; curl-last: of the last transfer' -x -a 'twc curl curl-last'
complete -c twc -n '__twc_is http' -l fail -s f -d 'status 1, and no body, when the server answers with 400 or above'
complete -c twc -n '__twc_is http' -l fail-with-body -d 'the same with the body'
complete -c twc -n '__twc_is http' -l fail-early -d 'the first transfer that fails ends them all'
complete -c twc -n '__twc_is http' -l expect -d 'status=200, header:Name~REGEX, json:.ok=true, body*=TEXT, time<500ms…; else status 1' -x
complete -c twc -n '__twc_is http' -l wait -d 'ask again until there is an answer as expected; status 75 after this time' -x

complete -c twc -n '__twc_right_behind http' -a serve -d 'answer HTTP requests'
complete -c twc -n '__twc_is http-serve' -l route -d '`[METHOD ]PATTERN[ {key=value ...}]=HANDLER[:ARG]`; the most specific that fits answers; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l routes -d 'the routes in FILE, one a line' -r -F
complete -c twc -n '__twc_is http-serve' -l max-exec -d 'run so many programs for requests at once; more requests wait' -x
complete -c twc -n '__twc_is http-serve' -l seed -d 'what routes leave to chance comes the same way each time' -x
complete -c twc -n '__twc_is http-serve' -l list -d 'list folders that have no index'
complete -c twc -n '__twc_is http-serve' -l index -d 'the file that stands for its folder; repeatable, the first that is there' -x
complete -c twc -n '__twc_is http-serve' -l spa -d 'pages that are not there are FILE of the folder, for browsers that want a page'
complete -c twc -n '__twc_is http-serve' -l pretty-urls -d '/about is about.html'
complete -c twc -n '__twc_is http-serve' -l 404 -d 'what is not there is FILE of the folder, with status 404' -x
complete -c twc -n '__twc_is http-serve' -l hidden -d 'serve names that begin with a dot, too'
complete -c twc -n '__twc_is http-serve' -l follow-symlinks -d 'follow symbolic links that lead out of the folder'
complete -c twc -n '__twc_is http-serve' -l mime -d 'the type of files that end in .EXT; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l cache -d 'tell clients for how long they may keep a file' -x
complete -c twc -n '__twc_is http-serve' -l precompressed -d 'send FILE.gz, .br, .zst in place of FILE to whoever can read it: gz,br,zst' -x
complete -c twc -n '__twc_is http-serve' -l gzip -d 'compress texts above 1 KiB as they are sent'
complete -c twc -n '__twc_is http-serve' -l upload -d 'take files by PUT and by forms: into the folder that is served, or into DIR'
complete -c twc -n '__twc_is http-serve' -l on-duplicate -d 'an upload whose name is taken is an error, replaces the file, or gets another name' -x -a 'error overwrite rename'
complete -c twc -n '__twc_is http-serve' -l allow-delete -d 'with --upload: DELETE removes files, too'
complete -c twc -n '__twc_is http-serve' -l yes -d 'serve / or a home directory all the same'
complete -c twc -n '__twc_is http-serve' -l auth -d 'ask for this login: USER:PASSWORD, or @FILE with one a line, plain or hashed; SIGHUP reads it again' -x
complete -c twc -n '__twc_is http-serve' -l upload-auth -d 'ask for this login for uploads, in place of that of --auth' -x
complete -c twc -n '__twc_is http-serve' -l realm -d 'what browsers show when they ask for it' -x
complete -c twc -n '__twc_is http-serve' -l cors -d 'let pages of other sites read what is served: all, or those of ORIGINS'
complete -c twc -n '__twc_is http-serve' -l header -d 'add `Name: value` to every response; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l health -d 'answer PATH with ok, whoever asks' -x
complete -c twc -n '__twc_is http-serve' -l metrics -d 'counters in the text format of Prometheus: at PATH, or at an ENDPOINT of their own' -x
complete -c twc -n '__twc_is http-serve' -l log -d 'write a line for each request: common, combined, json, or a pattern such as \'$remote_addr $status\'' -x -a 'common combined json'
complete -c twc -n '__twc_is http-serve' -l log-file -d 'append these lines to FILE, which SIGHUP and SIGUSR1 have opened anew' -r -F
complete -c twc -n '__twc_is http-serve' -l exit-after -d 'stop when so many requests were answered' -x
complete -c twc -n '__twc_is http-serve' -l require -d '`POST /hook=2`: end with status 1 unless it came, so many times; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l public -d 'listen on all addresses instead of the loopback'
complete -c twc -n '__twc_is http-serve' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is http-serve' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is http-serve' -l allow -d 'let clients of this network in, others not; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l deny -d 'close connections of this network at once; repeatable, the first rule that fits decides' -x
complete -c twc -n '__twc_is http-serve' -l allow-file -d 'the rules of FILE, one a line: networks that are let in, others not; SIGHUP reads it again' -r -F
complete -c twc -n '__twc_is http-serve' -l deny-file -d 'likewise, networks whose connections are closed' -r -F
complete -c twc -n '__twc_is http-serve' -l allow-uid -d 'let this user in by a UNIX socket, others not; repeatable' -x
complete -c twc -n '__twc_is http-serve' -l max-head -d 'refuse a request with more of request line and header (431)' -x
complete -c twc -n '__twc_is http-serve' -l max-body -d 'refuse a request with a longer body (413)' -x
complete -c twc -n '__twc_is http-serve' -l header-timeout -d 'how long a request\'s head may take from its first byte (408)' -x
complete -c twc -n '__twc_is http-serve' -l idle -d 'close a connection without a request for so long' -x
complete -c twc -n '__twc_is http-serve' -l min-rate -d 'end clients that send or take fewer bytes a second over 20 seconds' -x
complete -c twc -n '__twc_is http-serve' -l accept-timeout -d 'end with status 75 if no client comes within this time' -x
complete -c twc -n '__twc_is http-serve' -l for -d 'stop by itself after this time' -x
complete -c twc -n '__twc_is http-serve' -l drain -d 'how long connections may last after a stop' -x
complete -c twc -n '__twc_is http-serve' -l max-clients -d 'serve so many at once; more wait, or are turned away with over=close, over=reset' -x
complete -c twc -n '__twc_is http-serve' -l max-per-ip -d 'close connections beyond so many from one address' -x
complete -c twc -n '__twc_is http-serve' -l accept-rate -d 'accept so many a second, minute or hour; more wait' -x
complete -c twc -n '__twc_is http-serve' -l ready-fd -d 'write the ready lines to descriptor N too, then close it' -x
complete -c twc -n '__twc_is http-serve' -l port-file -d 'write the port numbers to FILE, one a line' -r -F
complete -c twc -n '__twc_is http-serve' -l workers -d 'serve with N processes that share the ports; 0: one for each processor' -x
complete -c twc -n '__twc_is http-serve' -l user -d 'become this user when the ports are bound' -x
complete -c twc -n '__twc_is http-serve' -l pid-file -d 'write the number of the process to FILE; end with status 73 if the one in it still runs' -r -F
complete -c twc -n '__twc_is http-serve' -l bg -d 'go into the background when it listens; prints the number of the process and the endpoints'
complete -c twc -n '__twc_is http-serve' -a '(__twc_endpoint listen) (__fish_complete_directories)'

complete -c twc -n '__twc_right_behind http' -a bench -d 'put a load on an HTTP or WebSocket server'
complete -c twc -n '__twc_is http-bench' -l requests -s n -d 'end after so many requests' -x
complete -c twc -n '__twc_is http-bench' -l connections -s c -d 'on so many connections' -x
complete -c twc -n '__twc_is http-bench' -l duration -s z -d 'begin no request after this time; with -n, 60s unless it is said' -x
complete -c twc -n '__twc_is http-bench' -l warmup -d 'ask for so long before anything is counted' -x
complete -c twc -n '__twc_is http-bench' -l ramp -d 'open the connections one after another over this time, before all that' -x
complete -c twc -n '__twc_is http-bench' -l rate -s q -d 'so many requests a second at fixed times, and latencies from those; else as fast as answers come' -x
complete -c twc -n '__twc_is http-bench' -l streams -s m -d 'so many requests at once on each connection of HTTP/2 or WebSocket' -x
complete -c twc -n '__twc_is http-bench' -l timeout -d 'a request that takes longer has failed' -x
complete -c twc -n '__twc_is http-bench' -l keepalive -d 'keep connections (so without it); with no: one for each request, whose time counts from the dial'
complete -c twc -n '__twc_is http-bench' -l no-keepalive
complete -c twc -n '__twc_is http-bench' -l workers -d 'in so many processes, which share connections and rate' -x
complete -c twc -n '__twc_is http-bench' -l i-own-this -d 'ask another machine, too: it is mine, and may be brought down'
complete -c twc -n '__twc_is http-bench' -l request -s X -d 'the method; without it GET, or POST with a body' -x
complete -c twc -n '__twc_is http-bench' -l http1.1 -d 'ask with HTTP/1.1, as without it'
complete -c twc -n '__twc_is http-bench' -l http2 -d 'ask with HTTP/2, over TLS'
complete -c twc -n '__twc_is http-bench' -l http2-prior-knowledge -d 'ask with HTTP/2, also in the clear'
complete -c twc -n '__twc_is http-bench' -l header -s H -d '`Name: value`; `Name:` leaves it out, `Name;` sends it empty; @FILE: one a line' -x
complete -c twc -n '__twc_is http-bench' -l user-agent -s A -d 'what to say who asks; empty: nothing' -x
complete -c twc -n '__twc_is http-bench' -l url-query -d 'add to the query, encoded: name=value, name@FILE, +as-it-is; repeatable' -x
complete -c twc -n '__twc_is http-bench' -l urls -d 'more URLs, one a line; all are asked for in turn' -r -F
complete -c twc -n '__twc_is http-bench' -l data -s d -d 'send as a form; @FILE without its line breaks, @- standard input; several are joined by &' -x
complete -c twc -n '__twc_is http-bench' -l data-raw -d 'the same, but @ has no meaning' -x
complete -c twc -n '__twc_is http-bench' -l data-binary -d 'the same, and @FILE is sent as it is' -x
complete -c twc -n '__twc_is http-bench' -l data-urlencode -d 'encoded: VALUE, =VALUE, name=VALUE, @FILE, name@FILE' -x
complete -c twc -n '__twc_is http-bench' -l json -d 'send this, or @FILE, with the header fields for JSON; several are put behind each other' -x
complete -c twc -n '__twc_is http-bench' -l binary -d 'send binary messages over WebSocket, not text'
complete -c twc -n '__twc_is http-bench' -l subprotocol -d 'ask for one of these over WebSocket, separated by commas' -x
complete -c twc -n '__twc_is http-bench' -l body-lines -d 'each line is the body of a request, in turn' -r -F
complete -c twc -n '__twc_is http-bench' -l user -s u -d 'log in as, by Basic; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-bench' -l bearer -d 'send this token; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-bench' -l via -d 'connect to this in place of the URL\'s host and port' -x -a '(__twc_endpoint connect)'
complete -c twc -n '__twc_is http-bench' -l unix-socket -d '--via unix:PATH' -r -F
complete -c twc -n '__twc_is http-bench' -l abstract-unix-socket -d '--via unix:@NAME' -x
complete -c twc -n '__twc_is http-bench' -l connect-to -d 'connect to HOST2:PORT2 for HOST1:PORT1; empty parts mean any, or the same' -x
complete -c twc -n '__twc_is http-bench' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is http-bench' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is http-bench' -l interface -d 'connect from this network interface or address' -x
complete -c twc -n '__twc_is http-bench' -l insecure -s k -d 'trust any certificate; a warning says so'
complete -c twc -n '__twc_is http-bench' -l cacert -d 'trust the authorities in FILE alone (PEM)' -r -F
complete -c twc -n '__twc_is http-bench' -l capath -d 'trust those in this directory, as openssl rehash leaves it' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http-bench' -l pinnedpubkey -d 'sha256//BASE64 of the public key that the server must have, besides all else' -x
complete -c twc -n '__twc_is http-bench' -l cert -s E -d 'our certificate, its chain and mostly its key' -r -F
complete -c twc -n '__twc_is http-bench' -l cert-type -d 'accepted: either is recognised' -x -a 'PEM P12'
complete -c twc -n '__twc_is http-bench' -l key -d 'its key, when it is in another file' -r -F
complete -c twc -n '__twc_is http-bench' -l pass -d 'that of the key; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-bench' -l tlsv1.2 -d 'TLS 1.2 at least'
complete -c twc -n '__twc_is http-bench' -l tlsv1.3 -d 'TLS 1.3 at least'
complete -c twc -n '__twc_is http-bench' -l tls-max -d 'and at most this' -x -a '1.2 1.3'
complete -c twc -n '__twc_is http-bench' -l ciphers -d 'those of TLS 1.2, as openssl-ciphers(1) has them' -x
complete -c twc -n '__twc_is http-bench' -l tls13-ciphers -d 'those of TLS 1.3' -x
complete -c twc -n '__twc_is http-bench' -l curves -d 'groups for the key exchange: X25519:P-256' -x
complete -c twc -n '__twc_is http-bench' -l sigalgs -d 'signature algorithms that a server may use: ECDSA+SHA256' -x
complete -c twc -n '__twc_is http-bench' -l tls-info -d 'say what TLS came to, certificates too: a JSON object on standard error'
complete -c twc -n '__twc_is http-bench' -l expect -d 'p99<200ms, errors=0, rps>1000, 2xx>99.9%...; else status 1; without any, so do failed requests' -x
complete -c twc -n '__twc_is http-bench' -l report -d 'json[:FILE|:fd:N]: all of it as an object on a line' -x -a 'json json:'
complete -c twc -n '__twc_is http-bench' -l csv -d 'write a line for each request; - is standard output' -r -F

complete -c twc -n '__twc_right_behind http' -a ws -d 'talk to a WebSocket server'
complete -c twc -n '__twc_is http-ws' -l text -s t -d 'send text, as without it; what is no UTF-8 is status 65'
complete -c twc -n '__twc_is http-ws' -l binary -s b -d 'send binary messages'
complete -c twc -n '__twc_is http-ws' -l lines -d 'a line is a message, both ways, as without it'
complete -c twc -n '__twc_is http-ws' -l nul -d 'a message ends with a NUL byte'
complete -c twc -n '__twc_is http-ws' -l length -d 'a message stands behind its length, four bytes, the high one first'
complete -c twc -n '__twc_is http-ws' -l whole -d 'all of the input is one message; what comes is written as it is'
complete -c twc -n '__twc_is http-ws' -l send -d 'send this before standard input; repeatable' -x
complete -c twc -n '__twc_is http-ws' -l max-message -d 'the longest message, of either side' -x
complete -c twc -n '__twc_is http-ws' -l json -d 'print a JSON object for each message, of either side'
complete -c twc -n '__twc_is http-ws' -l no-close -s n -d 'the end of standard input closes nothing'
complete -c twc -n '__twc_is http-ws' -l one -s 1 -d 'close after one message has come'
complete -c twc -n '__twc_is http-ws' -l count -d 'close after so many have come' -x
complete -c twc -n '__twc_is http-ws' -l linger -d 'after the end of standard input, close when nothing came for so long' -x
complete -c twc -n '__twc_is http-ws' -l close -d 'what to close with' -x
complete -c twc -n '__twc_is http-ws' -l subprotocol -d 'ask for one of these, separated by commas' -x
complete -c twc -n '__twc_is http-ws' -l origin -d 'the page that asks, as browsers tell it' -x
complete -c twc -n '__twc_is http-ws' -l deflate -d 'offer compression (permessage-deflate)'
complete -c twc -n '__twc_is http-ws' -l header -s H -d '`Name: value`; `Name:` leaves it out, `Name;` sends it empty; @FILE: one a line' -x
complete -c twc -n '__twc_is http-ws' -l user-agent -s A -d 'what to say who asks; empty: nothing' -x
complete -c twc -n '__twc_is http-ws' -l ping -d 'ask whether the server is there when nothing came for so long' -x
complete -c twc -n '__twc_is http-ws' -l pong-timeout -d 'and give up, with status 75, when nothing comes for so long after it' -x
complete -c twc -n '__twc_is http-ws' -l ping-text -d 'ask with this message in place of a ping' -x
complete -c twc -n '__twc_is http-ws' -l print-rtt -d 'tell on standard error how long each ping took'
complete -c twc -n '__twc_is http-ws' -l reconnect -d 'connect again when it has ended, or cannot be done, and go on'
complete -c twc -n '__twc_is http-ws' -l preamble -d 'send the messages in FILE first on each connection' -r -F
complete -c twc -n '__twc_is http-ws' -l via -d 'connect to this in place of the URL\'s host and port' -x -a '(__twc_endpoint connect)'
complete -c twc -n '__twc_is http-ws' -l unix-socket -d '--via unix:PATH' -r -F
complete -c twc -n '__twc_is http-ws' -l abstract-unix-socket -d '--via unix:@NAME' -x
complete -c twc -n '__twc_is http-ws' -l connect-to -d 'connect to HOST2:PORT2 for HOST1:PORT1; empty parts mean any, or the same' -x
complete -c twc -n '__twc_is http-ws' -l proxy -s x -d '[SCHEME://][LOGIN@]HOST[:PORT]; http, https, socks4, socks4a, socks5 or socks5h; empty: none' -x
complete -c twc -n '__twc_is http-ws' -l proxytunnel -s p -d 'ask the proxy for a tunnel (CONNECT) for http URLs, too'
complete -c twc -n '__twc_is http-ws' -l proxy-user -s U -d 'the login at the proxy; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-ws' -l proxy-header -d 'a header field for the proxy alone' -x
complete -c twc -n '__twc_is http-ws' -l noproxy -d 'no proxy for these names, domains, addresses and networks, or *' -x
complete -c twc -n '__twc_is http-ws' -l proxy-insecure -d 'trust any certificate of an https proxy; a warning says so'
complete -c twc -n '__twc_is http-ws' -l proxy-cacert -d 'for an https proxy, trust the authorities in FILE alone (PEM)' -r -F
complete -c twc -n '__twc_is http-ws' -l proxy-capath -d 'or those in this directory, as openssl rehash leaves it' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http-ws' -l proxy-cert -d 'our certificate for an https proxy' -r -F
complete -c twc -n '__twc_is http-ws' -l proxy-key -d 'its key' -r -F
complete -c twc -n '__twc_is http-ws' -l ipv4 -s 4 -d 'use IPv4 addresses alone'
complete -c twc -n '__twc_is http-ws' -l ipv6 -s 6 -d 'use IPv6 addresses alone'
complete -c twc -n '__twc_is http-ws' -l interface -d 'connect from this network interface or address' -x
complete -c twc -n '__twc_is http-ws' -l local-port -d 'connect from this port' -x
complete -c twc -n '__twc_is http-ws' -l insecure -s k -d 'trust any certificate; a warning says so'
complete -c twc -n '__twc_is http-ws' -l cacert -d 'trust the authorities in FILE alone (PEM)' -r -F
complete -c twc -n '__twc_is http-ws' -l capath -d 'trust those in this directory, as openssl rehash leaves it' -x -a '(__fish_complete_directories)'
complete -c twc -n '__twc_is http-ws' -l pinnedpubkey -d 'sha256//BASE64 of the public key that the server must have, besides all else' -x
complete -c twc -n '__twc_is http-ws' -l cert -s E -d 'our certificate, its chain and mostly its key' -r -F
complete -c twc -n '__twc_is http-ws' -l cert-type -d 'accepted: either is recognised' -x -a 'PEM P12'
complete -c twc -n '__twc_is http-ws' -l key -d 'its key, when it is in another file' -r -F
complete -c twc -n '__twc_is http-ws' -l pass -d 'that of the key; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-ws' -l tlsv1.2 -d 'TLS 1.2 at least'
complete -c twc -n '__twc_is http-ws' -l tlsv1.3 -d 'TLS 1.3 at least'
complete -c twc -n '__twc_is http-ws' -l tls-max -d 'and at most this' -x -a '1.2 1.3'
complete -c twc -n '__twc_is http-ws' -l ciphers -d 'those of TLS 1.2, as openssl-ciphers(1) has them' -x
complete -c twc -n '__twc_is http-ws' -l tls13-ciphers -d 'those of TLS 1.3' -x
complete -c twc -n '__twc_is http-ws' -l curves -d 'groups for the key exchange: X25519:P-256' -x
complete -c twc -n '__twc_is http-ws' -l sigalgs -d 'signature algorithms that a server may use: ECDSA+SHA256' -x
complete -c twc -n '__twc_is http-ws' -l tls-info -d 'say what TLS came to, certificates too: a JSON object on standard error'
complete -c twc -n '__twc_is http-ws' -l user -s u -d 'log in as; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-ws' -l basic -d 'by Basic, as without it'
complete -c twc -n '__twc_is http-ws' -l digest -d 'by Digest'
complete -c twc -n '__twc_is http-ws' -l anyauth -d 'ask first, then by the strongest that the server has'
complete -c twc -n '__twc_is http-ws' -l oauth2-bearer -d 'send this token; also @FILE, @-, env:NAME' -x
complete -c twc -n '__twc_is http-ws' -l bearer -d 'the same' -x
complete -c twc -n '__twc_is http-ws' -l netrc -d 'take logins from ~/.netrc'
complete -c twc -n '__twc_is http-ws' -l netrc-file -d 'take them from FILE' -r -F
complete -c twc -n '__twc_is http-ws' -l netrc-optional -d 'take them from ~/.netrc if there is one, and the URL has none'
complete -c twc -n '__twc_is http-ws' -l cookie -d 'send these (a=b; c=d), or those of a jar; cookies that come are kept' -x
complete -c twc -n '__twc_is http-ws' -l cookie-jar -s c -d 'write all cookies there in the end; - is standard output' -r -F
complete -c twc -n '__twc_is http-ws' -l junk-session-cookies -s j -d 'leave those of a jar out that end with a session'
complete -c twc -n '__twc_is http-ws' -l public-suffixes -d 'take no cookie for all of a public suffix in this list (publicsuffix.org)' -r -F
complete -c twc -n '__twc_is http-ws' -l location -s L -d 'follow redirects'
complete -c twc -n '__twc_is http-ws' -l max-redirs -d 'how many at most; -1: no limit' -x
complete -c twc -n '__twc_is http-ws' -l location-trusted -d 'other hosts get login and cookies, too'
complete -c twc -n '__twc_is http-ws' -l allow-downgrade -d 'follow from https to http'
complete -c twc -n '__twc_is http-ws' -l retry -d 'try again after a failure that may pass: timeouts, and statuses as of --retry-on' -x
complete -c twc -n '__twc_is http-ws' -l retry-delay -d 'wait so long each time; else a second, doubled each time, with jitter' -x
complete -c twc -n '__twc_is http-ws' -l retry-max-time -d 'begin no new attempt after this time' -x
complete -c twc -n '__twc_is http-ws' -l retry-connrefused -d 'also when the connection is refused'
complete -c twc -n '__twc_is http-ws' -l retry-all-errors -d 'after any failure at all'
complete -c twc -n '__twc_is http-ws' -l retry-on -d 'which statuses: 429,5xx' -x
complete -c twc -n '__twc_is http-ws' -l retry-after-max -d 'the longest that Retry-After is heeded' -x
complete -c twc -n '__twc_is http-ws' -l max-time -s m -d 'for a whole transfer' -x
complete -c twc -n '__twc_is http-ws' -l connect-timeout -d 'until the connection stands, TLS included' -x
complete -c twc -n '__twc_is http-ws' -l first-byte-timeout -d 'from the end of the request to the response' -x
complete -c twc -n '__twc_is http-ws' -l trace-time -d 'with the time of day, for -v'
complete -c twc -n '__twc_is http-ws' -l show-secrets -d 'show logins and cookies, which are *** without it'
complete -c twc -n '__twc_is http-ws' -l exit -d 'whose exit status' -x -a 'twc curl'

complete -c twc -n '__twc_is ""' -a nc -d 'the options of nc, for what is there already; also when called nc, netcat or ncat'
complete -c twc -n '__twc_is nc' -l listen -s l -d 'listen on PORT, on all addresses or on HOST'
complete -c twc -n '__twc_is nc' -l keep-open -s k -d 'with -l: go on when a client has gone'
complete -c twc -n '__twc_is nc' -l exec -s e -d 'join with a program instead of standard input and output' -x -a '(__fish_complete_command)'
complete -c twc -n '__twc_is nc' -l sh-exec -s c -d 'the same by /bin/sh' -x -a '(__fish_complete_command)'
complete -c twc -n '__twc_is nc' -l ipv4 -s 4 -d 'IPv4 only'
complete -c twc -n '__twc_is nc' -l ipv6 -s 6 -d 'IPv6 only'
complete -c twc -n '__twc_is nc' -l udp -s u -d 'UDP; with -U, datagrams'
complete -c twc -n '__twc_is nc' -l unixsock -s U -d 'a UNIX socket: the operand is its path, or @NAME'
complete -c twc -n '__twc_is nc' -l nodns -s n -d 'look up no names'
complete -c twc -n '__twc_is nc' -l source-port -s p -d 'the port to connect from; with -l: to listen on' -x
complete -c twc -n '__twc_is nc' -l source -s s -d 'the address to connect from; with -l: to listen on' -x -a '(__fish_print_hostnames)'
complete -c twc -n '__twc_is nc' -l broadcast -s b -d 'with -u: allow broadcast addresses'
complete -c twc -n '__twc_is nc' -l proxy -s x -d 'connect through this proxy' -x
complete -c twc -n '__twc_is nc' -l proxy-type -s X -d 'what the proxy speaks: SOCKS 4, 5, or HTTP' -x -a '4 5 connect'
complete -c twc -n '__twc_is nc' -l proxy-user -s P -d 'log in there, with the password in TWC_PROXY_PASSWORD' -x
complete -c twc -n '__twc_is nc' -l recv-buffer -s I -d 'receive buffer of the kernel, in bytes' -x
complete -c twc -n '__twc_is nc' -l send-buffer -s O -d 'send buffer of the kernel, in bytes' -x
complete -c twc -n '__twc_is nc' -l tos -s T -d 'type of service: lowdelay, ef, af11, cs1... or a number' -x
complete -c twc -n '__twc_is nc' -l ttl -s M -d 'time to live of what is sent' -x
complete -c twc -n '__twc_is nc' -l min-ttl -s m -d 'drop what comes with less time to live' -x
complete -c twc -n '__twc_is nc' -l debug -s D -d 'debug the socket, which takes a privilege'
complete -c twc -n '__twc_is nc' -l crlf -s C -d 'end lines with CR LF'
complete -c twc -n '__twc_is nc' -l telnet -s t -d 'answer telnet\'s negotiation'
complete -c twc -n '__twc_is nc' -l send-only -d 'throw away what the peer sends'
complete -c twc -n '__twc_is nc' -l shutdown -d 'pass the end of standard input on, which is so unless --no-shutdown'
complete -c twc -n '__twc_is nc' -l no-shutdown
complete -c twc -n '__twc_is nc' -l quit -s q -d 'end so long after the end of standard input' -x
complete -c twc -n '__twc_is nc' -l half-close -s N -d 'pass the end of standard input on; to connect, also that of /dev/null'
complete -c twc -n '__twc_is nc' -l recv-only -s d -d 'do not read standard input'
complete -c twc -n '__twc_is nc' -l fdpass -s F -d 'hand the connection over on standard output, a UNIX socket'
complete -c twc -n '__twc_is nc' -l wait -s w -d 'limit for connecting, and then for silence, which is no failure' -x
complete -c twc -n '__twc_is nc' -l interval -s i -d 'wait so long between lines that are sent, and between ports' -x
complete -c twc -n '__twc_is nc' -l recv-limit -s W -d 'with -u: end when so many datagrams have come' -x
complete -c twc -n '__twc_is nc' -l hex-dump -s o -d 'write what passes, as hexadecimal numbers' -r -F
complete -c twc -n '__twc_is nc' -l zero -s z -d 'only see which ports are open: PORT, PORT-PORT, several'
complete -c twc -n '__twc_is nc' -l random -s r -d 'with -z: in any order, as they are asked at once anyway'

complete -c twc -n '__twc_is ""' -a help -d 'explain a command, the endpoints, the exit statuses, the end of streams'
complete -c twc -n '__twc_is help' -a 'endpoints exit-status eof serve connect http nc help'
