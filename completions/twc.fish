# Completion of twc for fish; written by `make completions` from the option rows.

set -g __twc_with_value --text --file --allow --deny --idle --max-time --accept-timeout --for --drain --max-clients --max-per-ip --ready-fd --port-file --to --eof --idle --until-idle --max-time --trace --resolver --resolve

# The command being typed: its name, "" before it, COMMAND behind the dashes.
function __twc_command
	set -l tokens (commandline -opc)
	set -e tokens[1]
	set -l command ""
	set -l skip 0
	for token in $tokens
		if test $skip = 1
			set skip 0
		else if test "$token" = --; and test -n "$command"
			echo COMMAND
			return
		else if contains -- $token $__twc_with_value
			set skip 1
		else if not string match -q -- '-*' $token; and test -z "$command"
			set command $token
		end
	end
	echo $command
end

function __twc_is -a command
	test "$(__twc_command)" = "$command"
end

function __twc_in_command
	set -l words (string split -m1 -- ' -- ' (commandline -cp))
	complete -C "$words[2]"
end

function __twc_trace
	set -l token (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
	set -l done (string replace -r -- '[^,]*$' '' $token)
	printf "$done%s\n" all base reactor net transport tls protocol http dns smtp endpoint app
end

function __twc_endpoint -a role
	set -l token (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
	if not string match -q -- '*:*' $token
		switch $role
			case connect
				printf '%s\t%s\n' tcp: 'TCP over IPv4 and IPv6'
				printf '%s\t%s\n' tcp4: 'TCP over IPv4 only'
				printf '%s\t%s\n' tcp6: 'TCP over IPv6 only'
				printf '%s\t%s\n' udp: 'UDP; a listener has a session per peer'
				printf '%s\t%s\n' udp4: 'UDP over IPv4 only'
				printf '%s\t%s\n' udp6: 'UDP over IPv6 only'
				printf '%s\t%s\n' unix: 'UNIX stream socket'
				printf '%s\t%s\n' stdio 'standard input and output'
				printf '%s\t%s\n' fd: 'a descriptor that is open already'
				printf '%s\t%s\n' exec: 'a program, without a shell'
				printf '%s\t%s\n' sh: 'a script for /bin/sh'
			case listen
				printf '%s\t%s\n' tcp: 'TCP over IPv4 and IPv6'
				printf '%s\t%s\n' tcp4: 'TCP over IPv4 only'
				printf '%s\t%s\n' tcp6: 'TCP over IPv6 only'
				printf '%s\t%s\n' udp: 'UDP; a listener has a session per peer'
				printf '%s\t%s\n' udp4: 'UDP over IPv4 only'
				printf '%s\t%s\n' udp6: 'UDP over IPv6 only'
				printf '%s\t%s\n' unix: 'UNIX stream socket'
				printf '%s\t%s\n' stdio 'standard input and output'
				printf '%s\t%s\n' fd: 'a descriptor that is open already'
				printf '%s\t%s\n' systemd 'sockets passed by systemd'
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
			case tcp,reuseport
				printf "$done%s\n" yes no
			case tcp,nodelay
				printf "$done%s\n" yes no
			case tcp4,reuseport
				printf "$done%s\n" yes no
			case tcp4,nodelay
				printf "$done%s\n" yes no
			case tcp6,reuseport
				printf "$done%s\n" yes no
			case tcp6,nodelay
				printf "$done%s\n" yes no
			case udp,broadcast
				printf "$done%s\n" yes no
			case udp,reuseport
				printf "$done%s\n" yes no
			case udp4,broadcast
				printf "$done%s\n" yes no
			case udp4,reuseport
				printf "$done%s\n" yes no
			case udp6,broadcast
				printf "$done%s\n" yes no
			case udp6,reuseport
				printf "$done%s\n" yes no
			case unix,path
				printf "$done%s\n" (__fish_complete_path $part)
			case systemd,domain
				printf "$done%s\n" INET INET6 UNIX
			case exec,stderr
				printf "$done%s\n" keep drop merge
			case sh,stderr
				printf "$done%s\n" keep drop merge
		end
		return
	end
	switch $role,$type
		case connect,tcp
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,tcp4
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,tcp6
			printf '%s\t%s\n' $done"host=" 'name or address to connect to; none: loopback'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,udp
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,udp4
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,udp6
			printf '%s\t%s\n' $done"host=" 'name or address to send to; none: 127.0.0.1, udp6: ::1'
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"bind=" 'local address to connect from: ADDR or [ADDR:PORT]'
			printf '%s\t%s\n' $done"bind-port=" 'local port to connect from'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,unix
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'socket file, or @NAME (abstract)'
			printf '%s\t%s\n' $done"timeout=" 'limit of the whole dial, name lookup and all addresses included (30s)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case connect,stdio
		case connect,fd
			printf '%s\t%s\n' $done"fd=" 'number of an open descriptor'
		case connect,exec
			printf "$done%s\n" (complete -C $part)
		case connect,sh
			printf "$done%s\n" (complete -C $part)
		case listen,tcp
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,tcp4
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,tcp6
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"nodelay=" 'send small writes at once (yes)'
			printf '%s\t%s\n' $done"keepalive=" 'probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)'
			printf '%s\t%s\n' $done"cc=" 'congestion control: auto, keep or a name (auto)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,udp
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,udp4
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,udp6
			printf '%s\t%s\n' $done"port=" 'port number; 0 to listen: any free one'
			printf '%s\t%s\n' $done"interface=" 'address to listen on, or * for all; none: loopback'
			printf '%s\t%s\n' $done"broadcast=" 'allow broadcast addresses (no)'
			printf '%s\t%s\n' $done"device=" 'network interface to send and receive on (SO_BINDTODEVICE)'
			printf '%s\t%s\n' $done"reuseport=" 'let other processes listen on the same port (no)'
			printf '%s\t%s\n' $done"tos=" 'IP type of service or IPv6 traffic class, 0-255'
			printf '%s\t%s\n' $done"ttl=" 'IP time to live or IPv6 hop limit, 1-255'
			printf '%s\t%s\n' $done"mark=" 'firewall mark (SO_MARK; needs CAP_NET_ADMIN)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,unix
			printf "$done%s\n" (__fish_complete_path $part)
			printf '%s\t%s\n' $done"path=" 'socket file, or @NAME (abstract)'
			printf '%s\t%s\n' $done"mode=" 'permissions of the socket file, octal (600)'
			printf '%s\t%s\n' $done"backlog=" 'connections that may wait to be accepted (4096)'
			printf '%s\t%s\n' $done"sndbuf=" 'send buffer of the kernel'
			printf '%s\t%s\n' $done"rcvbuf=" 'receive buffer of the kernel'
		case listen,stdio
		case listen,fd
			printf '%s\t%s\n' $done"fd=" 'number of an open descriptor'
		case listen,systemd
			printf '%s\t%s\n' $done"domain=" 'family the socket must have: INET, INET6 or UNIX; none: any'
			printf '%s\t%s\n' $done"index=" 'which of the sockets, from 0; negative: from the end'
			printf '%s\t%s\n' $done"name=" 'the sockets of this FileDescriptorName='
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
complete -c twc -n '__twc_is serve' -l send -d 'standard input to the clients only; what they send is thrown away'
complete -c twc -n '__twc_is serve' -l recv -d 'the clients to standard output only; standard input is not read'
complete -c twc -n '__twc_is serve' -l once -d 'serve one connection; its end is the end, its status the status'
complete -c twc -n '__twc_is serve' -l public -d 'listen on all addresses instead of the loopback'
complete -c twc -n '__twc_is serve' -l allow -d 'let clients of this network in, others not; repeatable' -x
complete -c twc -n '__twc_is serve' -l deny -d 'close connections of this network at once; repeatable, the first rule that fits decides' -x
complete -c twc -n '__twc_is serve' -l idle -d 'end a connection without traffic for so long' -x
complete -c twc -n '__twc_is serve' -l max-time -d 'end a connection that lasts longer' -x
complete -c twc -n '__twc_is serve' -l accept-timeout -d 'end with status 75 if no client comes within this time' -x
complete -c twc -n '__twc_is serve' -l for -d 'stop by itself after this time' -x
complete -c twc -n '__twc_is serve' -l drain -d 'how long connections may last after a stop' -x
complete -c twc -n '__twc_is serve' -l max-clients -d 'serve so many at once; more wait' -x
complete -c twc -n '__twc_is serve' -l max-per-ip -d 'close connections beyond so many from one address' -x
complete -c twc -n '__twc_is serve' -l ready-fd -d 'write the ready lines to descriptor N too, then close it' -x
complete -c twc -n '__twc_is serve' -l port-file -d 'write the port numbers to FILE, one a line' -r -F
complete -c twc -n '__twc_is serve' -a '(__twc_endpoint listen)'

complete -c twc -n '__twc_is ""' -a connect -d 'reach an endpoint, or check that it can be reached'
complete -c twc -n '__twc_is connect' -l to -d 'join with this endpoint instead of standard input and output' -x -a '(__twc_endpoint connect)'
complete -c twc -n '__twc_is connect' -l send -d 'standard input to the peer only; what it sends is thrown away'
complete -c twc -n '__twc_is connect' -l recv -d 'the peer to standard output only; standard input is not read'
complete -c twc -n '__twc_is connect' -l eof -d 'the end of one direction: is passed on (half), closes both (close), is kept back (keep)' -x -a 'half close keep'
complete -c twc -n '__twc_is connect' -l idle -d 'end with status 75 when there was no traffic for so long' -x
complete -c twc -n '__twc_is connect' -l until-idle -d 'end with status 0 when there was no traffic for so long' -x
complete -c twc -n '__twc_is connect' -l max-time -d 'end with status 75 when the whole, the dial included, takes longer' -x
complete -c twc -n '__twc_is connect' -l check -d 'only see whether every ENDPOINT can be reached; standard input is not read'
complete -c twc -n '__twc_is connect' -l stats -d 'at the end, say how many bytes passed and how long it took'
complete -c twc -n '__twc_is connect' -a '(__twc_endpoint connect)'

complete -c twc -n '__twc_is ""' -a help -d 'explain a command, the endpoints, the exit statuses, the end of streams'
complete -c twc -n '__twc_is help' -a 'endpoints exit-status eof serve connect help'
