# Completion of twc for bash; written by `make completions` from the option rows.
# shellcheck shell=bash

_twc_options() { # COMMAND
	case $1 in
	serve) printf '%s\n' --echo --discard --chargen --daytime --time --qotd --text --file --stall --reply --reply-after --save --exec --sh --stderr --ucspi --detach-children --broadcast --chat --slow --banner --send --recv --tag --eof --linger --once --public --ipv4 -4 --ipv6 -6 --allow --deny --allow-file --deny-file --allow-uid --hexdump --hexdump= --dump --tee-in --tee-out --limit-rate --line-delay --crlf --telnet --frames --max-bytes --max-messages --limit-rate-total --stats --idle --until-idle --max-time --accept-timeout --for --drain --max-clients --max-per-ip --accept-rate --ready-fd --port-file --workers --user --pid-file --bg --fail-on --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	connect) printf '%s\n' --to --send --recv --eof --linger --stats --escape --progress --fdpass --hexdump --hexdump= --dump --tee-in --tee-out --limit-rate --line-delay --crlf --telnet --frames --max-bytes --max-messages --idle --until-idle --max-time --ipv4 -4 --ipv6 -6 --check --check= --json --wait --until-closed --any --stable --send-line --expect --retry --retry-delay --retry-on --retry-max-time --reconnect --reconnect= --preamble --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	http) printf '%s\n' --url --request -X --head -I --get -G --header -H --user-agent -A --referer -e --url-query --items --range -r --time-cond -z --etag-save --etag-compare --glob --globoff -g --path-as-is --request-target --http1.0 -0 --http1.1 --http2 --http2-prior-knowledge --alpn --no-alpn --config -K --next '-:' --offline --print-curl --data -d --data-raw --data-binary --data-urlencode --json --form -F --form-string --form-escape --upload-file -T --expect100-timeout --via --unix-socket --abstract-unix-socket --connect-to --proxy -x --proxytunnel -p --proxy-user -U --proxy-header --noproxy --proxy-insecure --proxy-cacert --proxy-capath --proxy-cert --proxy-key --ipv4 -4 --ipv6 -6 --interface --local-port --insecure -k --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tlsv1.2 --tlsv1.3 --tls-max --ciphers --tls13-ciphers --curves --sigalgs --tls-info --user -u --basic --digest --anyauth --oauth2-bearer --bearer --netrc -n --netrc-file --netrc-optional --cookie -b --cookie-jar -c --junk-session-cookies -j --public-suffixes --compressed --lenient --sse --sse-json --count --location -L --max-redirs --post301 --post302 --post303 --keep-method --location-trusted --allow-downgrade --proto --proto-default --proto-redir --retry --retry-delay --retry-max-time --retry-connrefused --retry-all-errors --retry-on --retry-after-max --max-time -m --connect-timeout --first-byte-timeout --speed-limit -Y --speed-time -y --max-filesize --limit-rate --parallel -Z --parallel-max --parallel-immediate --rate --output -o --remote-name -O --remote-name-all --remote-header-name -J --output-dir --create-dirs --clobber --no-clobber --skip-existing --part --no-part --remove-on-error --continue-at -C --checksum --remote-time -R --out-null --include -i --dump-header -D --print --pretty --color --unbuffered -N --silent -s --show-error -S --stderr --progress-bar '-#' --progress-meter --no-progress-meter --write-out -w --report --har --trace-ascii --trace-time --show-secrets --exit --fail -f --fail-with-body --fail-early --expect --wait --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	http-serve) printf '%s\n' --route --routes --max-exec --seed --list --index --spa --spa= --pretty-urls --404 --hidden --follow-symlinks --mime --cache --precompressed --gzip --upload --upload= --on-duplicate --allow-delete --yes --auth --upload-auth --realm --cors --cors= --header --health --metrics --log --log-file --exit-after --require --public --ipv4 -4 --ipv6 -6 --allow --deny --allow-file --deny-file --allow-uid --max-head --max-body --header-timeout --idle --min-rate --accept-timeout --for --drain --max-clients --max-per-ip --accept-rate --ready-fd --port-file --workers --user --pid-file --bg --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	http-bench) printf '%s\n' --requests -n --connections -c --duration -z --warmup --ramp --rate -q --streams -m --timeout --keepalive --no-keepalive --workers --i-own-this --request -X --http1.1 --http2 --http2-prior-knowledge --header -H --user-agent -A --url-query --urls --data -d --data-raw --data-binary --data-urlencode --json --binary --subprotocol --body-lines --user -u --bearer --via --unix-socket --abstract-unix-socket --connect-to --ipv4 -4 --ipv6 -6 --interface --insecure -k --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tlsv1.2 --tlsv1.3 --tls-max --ciphers --tls13-ciphers --curves --sigalgs --tls-info --expect --report --csv --help -h --version -V --verbose -v --quiet --trace --log-json --log-time --numeric --resolver --resolve ;;
	http-ws) printf '%s\n' --text -t --binary -b --lines --nul --length --whole --send --max-message --json --no-close -n --one -1 --count --linger --close --subprotocol --origin --deflate --header -H --user-agent -A --ping --pong-timeout --ping-text --print-rtt --reconnect --reconnect= --preamble --via --unix-socket --abstract-unix-socket --connect-to --proxy -x --proxytunnel -p --proxy-user -U --proxy-header --noproxy --proxy-insecure --proxy-cacert --proxy-capath --proxy-cert --proxy-key --ipv4 -4 --ipv6 -6 --interface --local-port --insecure -k --cacert --capath --pinnedpubkey --cert -E --cert-type --key --pass --tlsv1.2 --tlsv1.3 --tls-max --ciphers --tls13-ciphers --curves --sigalgs --tls-info --user -u --basic --digest --anyauth --oauth2-bearer --bearer --netrc --netrc-file --netrc-optional --cookie --cookie-jar -c --junk-session-cookies -j --public-suffixes --location -L --max-redirs --location-trusted --allow-downgrade --retry --retry-delay --retry-max-time --retry-connrefused --retry-all-errors --retry-on --retry-after-max --max-time -m --connect-timeout --first-byte-timeout --trace-time --show-secrets --exit --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	nc) printf '%s\n' --listen -l --keep-open -k --exec -e --sh-exec -c --ipv4 -4 --ipv6 -6 --udp -u --unixsock -U --nodns -n --source-port -p --source -s --broadcast -b --proxy -x --proxy-type -X --proxy-user -P --recv-buffer -I --send-buffer -O --tos -T --ttl -M --min-ttl -m --debug -D --crlf -C --telnet -t --send-only --shutdown --no-shutdown --quit -q --half-close -N --recv-only -d --fdpass -F --wait -w --interval -i --recv-limit -W --hex-dump -o --zero -z --random -r --help -h --version -V --verbose -v --quiet --trace --log-json --log-time --numeric --resolver --resolve ;;
	help) printf '%s\n' --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	*) printf '%s\n' --help -h --version -V --verbose -v --quiet -q --trace --log-json --log-time --numeric --resolver --resolve ;;
	esac
}

# What completes an option's value; nothing when it takes none. A name that ends in = is the form
# --name=value.
_twc_value() { # COMMAND OPTION
	case $1,$2 in
	serve,--text= | serve,--text) echo any ;;
	serve,--file= | serve,--file) echo file ;;
	serve,--reply= | serve,--reply) echo any ;;
	serve,--reply-after= | serve,--reply-after) echo any ;;
	serve,--save= | serve,--save) echo file ;;
	serve,--exec= | serve,--exec) echo command ;;
	serve,--sh= | serve,--sh) echo command ;;
	serve,--stderr= | serve,--stderr) echo words keep drop merge log ;;
	serve,--slow= | serve,--slow) echo words drop block close ;;
	serve,--banner= | serve,--banner) echo any ;;
	serve,--eof= | serve,--eof) echo words half close keep peer ;;
	serve,--linger= | serve,--linger) echo any ;;
	serve,--allow= | serve,--allow) echo any ;;
	serve,--deny= | serve,--deny) echo any ;;
	serve,--allow-file= | serve,--allow-file) echo file ;;
	serve,--deny-file= | serve,--deny-file) echo file ;;
	serve,--allow-uid= | serve,--allow-uid) echo any ;;
	serve,--hexdump=) echo file ;;
	serve,--dump= | serve,--dump) echo any ;;
	serve,--tee-in= | serve,--tee-in) echo file ;;
	serve,--tee-out= | serve,--tee-out) echo file ;;
	serve,--limit-rate= | serve,--limit-rate) echo any ;;
	serve,--line-delay= | serve,--line-delay) echo any ;;
	serve,--frames= | serve,--frames) echo any ;;
	serve,--max-bytes= | serve,--max-bytes) echo any ;;
	serve,--max-messages= | serve,--max-messages) echo any ;;
	serve,--limit-rate-total= | serve,--limit-rate-total) echo any ;;
	serve,--idle= | serve,--idle) echo any ;;
	serve,--until-idle= | serve,--until-idle) echo any ;;
	serve,--max-time= | serve,--max-time) echo any ;;
	serve,--accept-timeout= | serve,--accept-timeout) echo any ;;
	serve,--for= | serve,--for) echo any ;;
	serve,--drain= | serve,--drain) echo any ;;
	serve,--max-clients= | serve,--max-clients) echo any ;;
	serve,--max-per-ip= | serve,--max-per-ip) echo any ;;
	serve,--accept-rate= | serve,--accept-rate) echo any ;;
	serve,--ready-fd= | serve,--ready-fd) echo any ;;
	serve,--port-file= | serve,--port-file) echo file ;;
	serve,--workers= | serve,--workers) echo any ;;
	serve,--user= | serve,--user) echo any ;;
	serve,--pid-file= | serve,--pid-file) echo file ;;
	serve,--fail-on= | serve,--fail-on) echo words client-error ;;
	connect,--to= | connect,--to) echo connect ;;
	connect,--eof= | connect,--eof) echo words half close keep peer ;;
	connect,--linger= | connect,--linger) echo any ;;
	connect,--escape= | connect,--escape) echo any ;;
	connect,--hexdump=) echo file ;;
	connect,--dump= | connect,--dump) echo any ;;
	connect,--tee-in= | connect,--tee-in) echo file ;;
	connect,--tee-out= | connect,--tee-out) echo file ;;
	connect,--limit-rate= | connect,--limit-rate) echo any ;;
	connect,--line-delay= | connect,--line-delay) echo any ;;
	connect,--frames= | connect,--frames) echo any ;;
	connect,--max-bytes= | connect,--max-bytes) echo any ;;
	connect,--max-messages= | connect,--max-messages) echo any ;;
	connect,--idle= | connect,--idle) echo any ;;
	connect,--until-idle= | connect,--until-idle) echo any ;;
	connect,--max-time= | connect,--max-time) echo any ;;
	connect,--check=) echo words no connect passive tls tls:min-days= ;;
	connect,--wait= | connect,--wait) echo any ;;
	connect,--stable= | connect,--stable) echo any ;;
	connect,--send-line= | connect,--send-line) echo any ;;
	connect,--expect= | connect,--expect) echo any ;;
	connect,--retry= | connect,--retry) echo any ;;
	connect,--retry-delay= | connect,--retry-delay) echo any ;;
	connect,--retry-on= | connect,--retry-on) echo any ;;
	connect,--retry-max-time= | connect,--retry-max-time) echo any ;;
	connect,--reconnect=) echo any ;;
	connect,--preamble= | connect,--preamble) echo any ;;
	http,--url= | http,--url) echo any ;;
	http,--request= | http,--request | http,-X) echo any ;;
	http,--header= | http,--header | http,-H) echo any ;;
	http,--user-agent= | http,--user-agent | http,-A) echo any ;;
	http,--referer= | http,--referer | http,-e) echo any ;;
	http,--url-query= | http,--url-query) echo any ;;
	http,--items= | http,--items) echo words json form multipart ;;
	http,--range= | http,--range | http,-r) echo any ;;
	http,--time-cond= | http,--time-cond | http,-z) echo file ;;
	http,--etag-save= | http,--etag-save) echo file ;;
	http,--etag-compare= | http,--etag-compare) echo file ;;
	http,--request-target= | http,--request-target) echo any ;;
	http,--config= | http,--config | http,-K) echo file ;;
	http,--data= | http,--data | http,-d) echo any ;;
	http,--data-raw= | http,--data-raw) echo any ;;
	http,--data-binary= | http,--data-binary) echo any ;;
	http,--data-urlencode= | http,--data-urlencode) echo any ;;
	http,--json= | http,--json) echo any ;;
	http,--form= | http,--form | http,-F) echo any ;;
	http,--form-string= | http,--form-string) echo any ;;
	http,--upload-file= | http,--upload-file | http,-T) echo file ;;
	http,--expect100-timeout= | http,--expect100-timeout) echo any ;;
	http,--via= | http,--via) echo connect ;;
	http,--unix-socket= | http,--unix-socket) echo file ;;
	http,--abstract-unix-socket= | http,--abstract-unix-socket) echo any ;;
	http,--connect-to= | http,--connect-to) echo any ;;
	http,--proxy= | http,--proxy | http,-x) echo any ;;
	http,--proxy-user= | http,--proxy-user | http,-U) echo any ;;
	http,--proxy-header= | http,--proxy-header) echo any ;;
	http,--noproxy= | http,--noproxy) echo any ;;
	http,--proxy-cacert= | http,--proxy-cacert) echo file ;;
	http,--proxy-capath= | http,--proxy-capath) echo dir ;;
	http,--proxy-cert= | http,--proxy-cert) echo file ;;
	http,--proxy-key= | http,--proxy-key) echo file ;;
	http,--interface= | http,--interface) echo any ;;
	http,--local-port= | http,--local-port) echo any ;;
	http,--cacert= | http,--cacert) echo file ;;
	http,--capath= | http,--capath) echo dir ;;
	http,--pinnedpubkey= | http,--pinnedpubkey) echo any ;;
	http,--cert= | http,--cert | http,-E) echo file ;;
	http,--cert-type= | http,--cert-type) echo words PEM P12 ;;
	http,--key= | http,--key) echo file ;;
	http,--pass= | http,--pass) echo any ;;
	http,--tls-max= | http,--tls-max) echo words 1.2 1.3 ;;
	http,--ciphers= | http,--ciphers) echo any ;;
	http,--tls13-ciphers= | http,--tls13-ciphers) echo any ;;
	http,--curves= | http,--curves) echo any ;;
	http,--sigalgs= | http,--sigalgs) echo any ;;
	http,--user= | http,--user | http,-u) echo any ;;
	http,--oauth2-bearer= | http,--oauth2-bearer) echo any ;;
	http,--bearer= | http,--bearer) echo any ;;
	http,--netrc-file= | http,--netrc-file) echo file ;;
	http,--cookie= | http,--cookie | http,-b) echo any ;;
	http,--cookie-jar= | http,--cookie-jar | http,-c) echo file ;;
	http,--public-suffixes= | http,--public-suffixes) echo file ;;
	http,--count= | http,--count) echo any ;;
	http,--max-redirs= | http,--max-redirs) echo any ;;
	http,--proto= | http,--proto) echo any ;;
	http,--proto-default= | http,--proto-default) echo words http https ;;
	http,--proto-redir= | http,--proto-redir) echo any ;;
	http,--retry= | http,--retry) echo any ;;
	http,--retry-delay= | http,--retry-delay) echo any ;;
	http,--retry-max-time= | http,--retry-max-time) echo any ;;
	http,--retry-on= | http,--retry-on) echo any ;;
	http,--retry-after-max= | http,--retry-after-max) echo any ;;
	http,--max-time= | http,--max-time | http,-m) echo any ;;
	http,--connect-timeout= | http,--connect-timeout) echo any ;;
	http,--first-byte-timeout= | http,--first-byte-timeout) echo any ;;
	http,--speed-limit= | http,--speed-limit | http,-Y) echo any ;;
	http,--speed-time= | http,--speed-time | http,-y) echo any ;;
	http,--max-filesize= | http,--max-filesize) echo any ;;
	http,--limit-rate= | http,--limit-rate) echo any ;;
	http,--parallel-max= | http,--parallel-max) echo any ;;
	http,--rate= | http,--rate) echo any ;;
	http,--output= | http,--output | http,-o) echo file ;;
	http,--output-dir= | http,--output-dir) echo dir ;;
	http,--continue-at= | http,--continue-at | http,-C) echo any ;;
	http,--checksum= | http,--checksum) echo any ;;
	http,--dump-header= | http,--dump-header | http,-D) echo file ;;
	http,--print= | http,--print) echo any ;;
	http,--color= | http,--color) echo words auto always never ;;
	http,--stderr= | http,--stderr) echo file ;;
	http,--write-out= | http,--write-out | http,-w) echo any ;;
	http,--report= | http,--report) echo words json json: ;;
	http,--har= | http,--har) echo file ;;
	http,--trace-ascii= | http,--trace-ascii) echo file ;;
	http,--exit= | http,--exit) echo words twc curl curl-last ;;
	http,--expect= | http,--expect) echo any ;;
	http,--wait= | http,--wait) echo any ;;
	http-serve,--route= | http-serve,--route) echo any ;;
	http-serve,--routes= | http-serve,--routes) echo file ;;
	http-serve,--max-exec= | http-serve,--max-exec) echo any ;;
	http-serve,--seed= | http-serve,--seed) echo any ;;
	http-serve,--index= | http-serve,--index) echo any ;;
	http-serve,--spa=) echo any ;;
	http-serve,--404= | http-serve,--404) echo any ;;
	http-serve,--mime= | http-serve,--mime) echo any ;;
	http-serve,--cache= | http-serve,--cache) echo any ;;
	http-serve,--precompressed= | http-serve,--precompressed) echo any ;;
	http-serve,--upload=) echo dir ;;
	http-serve,--on-duplicate= | http-serve,--on-duplicate) echo words error overwrite rename ;;
	http-serve,--auth= | http-serve,--auth) echo any ;;
	http-serve,--upload-auth= | http-serve,--upload-auth) echo any ;;
	http-serve,--realm= | http-serve,--realm) echo any ;;
	http-serve,--cors=) echo any ;;
	http-serve,--header= | http-serve,--header) echo any ;;
	http-serve,--health= | http-serve,--health) echo any ;;
	http-serve,--metrics= | http-serve,--metrics) echo any ;;
	http-serve,--log= | http-serve,--log) echo words common combined json ;;
	http-serve,--log-file= | http-serve,--log-file) echo file ;;
	http-serve,--exit-after= | http-serve,--exit-after) echo any ;;
	http-serve,--require= | http-serve,--require) echo any ;;
	http-serve,--allow= | http-serve,--allow) echo any ;;
	http-serve,--deny= | http-serve,--deny) echo any ;;
	http-serve,--allow-file= | http-serve,--allow-file) echo file ;;
	http-serve,--deny-file= | http-serve,--deny-file) echo file ;;
	http-serve,--allow-uid= | http-serve,--allow-uid) echo any ;;
	http-serve,--max-head= | http-serve,--max-head) echo any ;;
	http-serve,--max-body= | http-serve,--max-body) echo any ;;
	http-serve,--header-timeout= | http-serve,--header-timeout) echo any ;;
	http-serve,--idle= | http-serve,--idle) echo any ;;
	http-serve,--min-rate= | http-serve,--min-rate) echo any ;;
	http-serve,--accept-timeout= | http-serve,--accept-timeout) echo any ;;
	http-serve,--for= | http-serve,--for) echo any ;;
	http-serve,--drain= | http-serve,--drain) echo any ;;
	http-serve,--max-clients= | http-serve,--max-clients) echo any ;;
	http-serve,--max-per-ip= | http-serve,--max-per-ip) echo any ;;
	http-serve,--accept-rate= | http-serve,--accept-rate) echo any ;;
	http-serve,--ready-fd= | http-serve,--ready-fd) echo any ;;
	http-serve,--port-file= | http-serve,--port-file) echo file ;;
	http-serve,--workers= | http-serve,--workers) echo any ;;
	http-serve,--user= | http-serve,--user) echo any ;;
	http-serve,--pid-file= | http-serve,--pid-file) echo file ;;
	http-bench,--requests= | http-bench,--requests | http-bench,-n) echo any ;;
	http-bench,--connections= | http-bench,--connections | http-bench,-c) echo any ;;
	http-bench,--duration= | http-bench,--duration | http-bench,-z) echo any ;;
	http-bench,--warmup= | http-bench,--warmup) echo any ;;
	http-bench,--ramp= | http-bench,--ramp) echo any ;;
	http-bench,--rate= | http-bench,--rate | http-bench,-q) echo any ;;
	http-bench,--streams= | http-bench,--streams | http-bench,-m) echo any ;;
	http-bench,--timeout= | http-bench,--timeout) echo any ;;
	http-bench,--workers= | http-bench,--workers) echo any ;;
	http-bench,--request= | http-bench,--request | http-bench,-X) echo any ;;
	http-bench,--header= | http-bench,--header | http-bench,-H) echo any ;;
	http-bench,--user-agent= | http-bench,--user-agent | http-bench,-A) echo any ;;
	http-bench,--url-query= | http-bench,--url-query) echo any ;;
	http-bench,--urls= | http-bench,--urls) echo file ;;
	http-bench,--data= | http-bench,--data | http-bench,-d) echo any ;;
	http-bench,--data-raw= | http-bench,--data-raw) echo any ;;
	http-bench,--data-binary= | http-bench,--data-binary) echo any ;;
	http-bench,--data-urlencode= | http-bench,--data-urlencode) echo any ;;
	http-bench,--json= | http-bench,--json) echo any ;;
	http-bench,--subprotocol= | http-bench,--subprotocol) echo any ;;
	http-bench,--body-lines= | http-bench,--body-lines) echo file ;;
	http-bench,--user= | http-bench,--user | http-bench,-u) echo any ;;
	http-bench,--bearer= | http-bench,--bearer) echo any ;;
	http-bench,--via= | http-bench,--via) echo connect ;;
	http-bench,--unix-socket= | http-bench,--unix-socket) echo file ;;
	http-bench,--abstract-unix-socket= | http-bench,--abstract-unix-socket) echo any ;;
	http-bench,--connect-to= | http-bench,--connect-to) echo any ;;
	http-bench,--interface= | http-bench,--interface) echo any ;;
	http-bench,--cacert= | http-bench,--cacert) echo file ;;
	http-bench,--capath= | http-bench,--capath) echo dir ;;
	http-bench,--pinnedpubkey= | http-bench,--pinnedpubkey) echo any ;;
	http-bench,--cert= | http-bench,--cert | http-bench,-E) echo file ;;
	http-bench,--cert-type= | http-bench,--cert-type) echo words PEM P12 ;;
	http-bench,--key= | http-bench,--key) echo file ;;
	http-bench,--pass= | http-bench,--pass) echo any ;;
	http-bench,--tls-max= | http-bench,--tls-max) echo words 1.2 1.3 ;;
	http-bench,--ciphers= | http-bench,--ciphers) echo any ;;
	http-bench,--tls13-ciphers= | http-bench,--tls13-ciphers) echo any ;;
	http-bench,--curves= | http-bench,--curves) echo any ;;
	http-bench,--sigalgs= | http-bench,--sigalgs) echo any ;;
	http-bench,--expect= | http-bench,--expect) echo any ;;
	http-bench,--report= | http-bench,--report) echo words json json: ;;
	http-bench,--csv= | http-bench,--csv) echo file ;;
	http-ws,--send= | http-ws,--send) echo any ;;
	http-ws,--max-message= | http-ws,--max-message) echo any ;;
	http-ws,--count= | http-ws,--count) echo any ;;
	http-ws,--linger= | http-ws,--linger) echo any ;;
	http-ws,--close= | http-ws,--close) echo any ;;
	http-ws,--subprotocol= | http-ws,--subprotocol) echo any ;;
	http-ws,--origin= | http-ws,--origin) echo any ;;
	http-ws,--header= | http-ws,--header | http-ws,-H) echo any ;;
	http-ws,--user-agent= | http-ws,--user-agent | http-ws,-A) echo any ;;
	http-ws,--ping= | http-ws,--ping) echo any ;;
	http-ws,--pong-timeout= | http-ws,--pong-timeout) echo any ;;
	http-ws,--ping-text= | http-ws,--ping-text) echo any ;;
	http-ws,--reconnect=) echo any ;;
	http-ws,--preamble= | http-ws,--preamble) echo file ;;
	http-ws,--via= | http-ws,--via) echo connect ;;
	http-ws,--unix-socket= | http-ws,--unix-socket) echo file ;;
	http-ws,--abstract-unix-socket= | http-ws,--abstract-unix-socket) echo any ;;
	http-ws,--connect-to= | http-ws,--connect-to) echo any ;;
	http-ws,--proxy= | http-ws,--proxy | http-ws,-x) echo any ;;
	http-ws,--proxy-user= | http-ws,--proxy-user | http-ws,-U) echo any ;;
	http-ws,--proxy-header= | http-ws,--proxy-header) echo any ;;
	http-ws,--noproxy= | http-ws,--noproxy) echo any ;;
	http-ws,--proxy-cacert= | http-ws,--proxy-cacert) echo file ;;
	http-ws,--proxy-capath= | http-ws,--proxy-capath) echo dir ;;
	http-ws,--proxy-cert= | http-ws,--proxy-cert) echo file ;;
	http-ws,--proxy-key= | http-ws,--proxy-key) echo file ;;
	http-ws,--interface= | http-ws,--interface) echo any ;;
	http-ws,--local-port= | http-ws,--local-port) echo any ;;
	http-ws,--cacert= | http-ws,--cacert) echo file ;;
	http-ws,--capath= | http-ws,--capath) echo dir ;;
	http-ws,--pinnedpubkey= | http-ws,--pinnedpubkey) echo any ;;
	http-ws,--cert= | http-ws,--cert | http-ws,-E) echo file ;;
	http-ws,--cert-type= | http-ws,--cert-type) echo words PEM P12 ;;
	http-ws,--key= | http-ws,--key) echo file ;;
	http-ws,--pass= | http-ws,--pass) echo any ;;
	http-ws,--tls-max= | http-ws,--tls-max) echo words 1.2 1.3 ;;
	http-ws,--ciphers= | http-ws,--ciphers) echo any ;;
	http-ws,--tls13-ciphers= | http-ws,--tls13-ciphers) echo any ;;
	http-ws,--curves= | http-ws,--curves) echo any ;;
	http-ws,--sigalgs= | http-ws,--sigalgs) echo any ;;
	http-ws,--user= | http-ws,--user | http-ws,-u) echo any ;;
	http-ws,--oauth2-bearer= | http-ws,--oauth2-bearer) echo any ;;
	http-ws,--bearer= | http-ws,--bearer) echo any ;;
	http-ws,--netrc-file= | http-ws,--netrc-file) echo file ;;
	http-ws,--cookie= | http-ws,--cookie) echo any ;;
	http-ws,--cookie-jar= | http-ws,--cookie-jar | http-ws,-c) echo file ;;
	http-ws,--public-suffixes= | http-ws,--public-suffixes) echo file ;;
	http-ws,--max-redirs= | http-ws,--max-redirs) echo any ;;
	http-ws,--retry= | http-ws,--retry) echo any ;;
	http-ws,--retry-delay= | http-ws,--retry-delay) echo any ;;
	http-ws,--retry-max-time= | http-ws,--retry-max-time) echo any ;;
	http-ws,--retry-on= | http-ws,--retry-on) echo any ;;
	http-ws,--retry-after-max= | http-ws,--retry-after-max) echo any ;;
	http-ws,--max-time= | http-ws,--max-time | http-ws,-m) echo any ;;
	http-ws,--connect-timeout= | http-ws,--connect-timeout) echo any ;;
	http-ws,--first-byte-timeout= | http-ws,--first-byte-timeout) echo any ;;
	http-ws,--exit= | http-ws,--exit) echo words twc curl ;;
	nc,--exec= | nc,--exec | nc,-e) echo command ;;
	nc,--sh-exec= | nc,--sh-exec | nc,-c) echo command ;;
	nc,--source-port= | nc,--source-port | nc,-p) echo any ;;
	nc,--source= | nc,--source | nc,-s) echo host ;;
	nc,--proxy= | nc,--proxy | nc,-x) echo any ;;
	nc,--proxy-type= | nc,--proxy-type | nc,-X) echo words 4 5 connect ;;
	nc,--proxy-user= | nc,--proxy-user | nc,-P) echo any ;;
	nc,--recv-buffer= | nc,--recv-buffer | nc,-I) echo any ;;
	nc,--send-buffer= | nc,--send-buffer | nc,-O) echo any ;;
	nc,--tos= | nc,--tos | nc,-T) echo any ;;
	nc,--ttl= | nc,--ttl | nc,-M) echo any ;;
	nc,--min-ttl= | nc,--min-ttl | nc,-m) echo any ;;
	nc,--quit= | nc,--quit | nc,-q) echo any ;;
	nc,--wait= | nc,--wait | nc,-w) echo any ;;
	nc,--interval= | nc,--interval | nc,-i) echo any ;;
	nc,--recv-limit= | nc,--recv-limit | nc,-W) echo any ;;
	nc,--hex-dump= | nc,--hex-dump | nc,-o) echo file ;;
	*,--trace= | *,--trace) echo trace ;;
	*,--resolver= | *,--resolver) echo any ;;
	*,--resolve= | *,--resolve) echo any ;;
	esac
}

_twc_verbs() { # COMMAND
	case $1 in
	http) printf '%s\n' serve bench ws ;;
	esac
}

_twc_operand() { # COMMAND
	case $1 in
	'') echo words serve connect http nc help ;;
	serve) echo listen ;;
	connect) echo connect ;;
	http) echo any ;;
	http-serve) echo listen-dir ;;
	http-bench) echo any ;;
	http-ws) echo any ;;
	nc) echo host ;;
	help) echo topic ;;
	esac
}

_twc_fixed() { # trace | topic
	case $1 in
	trace) printf '%s\n' all base reactor net transport tls protocol http dns smtp endpoint app ;;
	topic) printf '%s\n' endpoints exit-status eof serve connect http nc help ;;
	esac
}

_twc_types() { # ROLE
	case $1 in
	connect) printf '%s\n' tcp: tcp4: tcp6: tls: ws: wss: udp: udp4: udp6: unix: vsock: stdio fd: inetd file: fifo: pty serial: exec: sh: text: echo discard chargen stall ;;
	listen) printf '%s\n' tcp: tcp4: tcp6: tls: ws: wss: udp: udp4: udp6: unix: vsock: stdio fd: inetd systemd fifo: pty serial: haproxy: ;;
	esac
}

# What may follow a colon: key=, @file, @command.
_twc_keys() { # ROLE TYPE
	case $1,$2 in
	connect,tcp) printf '%s\n' host= port= timeout= via= proxy-protocol= starttls= ca= servername= verify-name= verify= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,tcp4) printf '%s\n' host= port= timeout= via= proxy-protocol= starttls= ca= servername= verify-name= verify= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,tcp6) printf '%s\n' host= port= timeout= via= proxy-protocol= starttls= ca= servername= verify-name= verify= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,tls) printf '%s\n' host= port= timeout= endpoint= via= proxy-protocol= ca= servername= verify-name= verify= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,ws) printf '%s\n' host= port= path= subprotocol= origin= deflate= max-message= ping= type= lines= header= user= pass= pass-file= pass-env= timeout= endpoint= via= proxy-protocol= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,wss) printf '%s\n' host= port= path= subprotocol= origin= deflate= max-message= ping= type= lines= header= user= pass= pass-file= pass-env= timeout= endpoint= via= proxy-protocol= ca= servername= verify-name= verify= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= bind= bind-port= device= tos= ttl= netns= mark= nodelay= keepalive= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	connect,udp) printf '%s\n' host= port= loop= broadcast= timeout= bind= bind-port= device= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	connect,udp4) printf '%s\n' host= port= loop= broadcast= timeout= bind= bind-port= device= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	connect,udp6) printf '%s\n' host= port= loop= broadcast= timeout= bind= bind-port= device= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	connect,unix) echo @file; printf '%s\n' path= kind= bind= timeout= sndbuf= rcvbuf= sockopt= ;;
	connect,vsock) printf '%s\n' cid= port= timeout= sndbuf= rcvbuf= sockopt= ;;
	connect,stdio) printf '%s\n' raw= ;;
	connect,fd) printf '%s\n' fd= ;;
	connect,file) echo @file; printf '%s\n' path= mode= offset= follow= lock= perm= ;;
	connect,fifo) echo @file; printf '%s\n' path= dir= mode= timeout= ;;
	connect,pty) printf '%s\n' link= raw= wait= mode= timeout= ;;
	connect,serial) echo @file; printf '%s\n' path= baud= parity= bits= stop= flow= ;;
	connect,exec) echo @command ;;
	connect,sh) echo @command ;;
	connect,text) printf '%s\n' ;;
	listen,tcp) printf '%s\n' port= interface= backlog= ca= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,tcp4) printf '%s\n' port= interface= backlog= ca= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,tcp6) printf '%s\n' port= backlog= interface= ca= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,tls) printf '%s\n' port= interface= backlog= ca= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= certs= strict= name= cert-out= client-auth= allow-cn= allow-san= handshake-timeout= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,ws) printf '%s\n' port= interface= backlog= path= subprotocol= origin= deflate= max-message= ping= type= lines= handshake-timeout= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,wss) printf '%s\n' port= interface= backlog= path= subprotocol= origin= deflate= max-message= ping= type= lines= ca= cert= key= key-pass-file= key-pass-env= pin= alpn= min= max= ciphers= groups= sigalgs= truncation= certs= strict= name= cert-out= client-auth= allow-cn= allow-san= handshake-timeout= device= reuseport= tos= ttl= netns= mark= nodelay= keepalive= reuseaddr= cc= mss= sndbuf= rcvbuf= sockopt= ;;
	listen,udp) printf '%s\n' port= interface= group= source= broadcast= device= reuseport= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	listen,udp4) printf '%s\n' port= interface= group= source= broadcast= device= reuseport= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	listen,udp6) printf '%s\n' port= interface= group= source= broadcast= device= reuseport= tos= ttl= netns= mark= sndbuf= rcvbuf= sockopt= ;;
	listen,unix) echo @file; printf '%s\n' path= mode= user= group= unlink= backlog= kind= sndbuf= rcvbuf= sockopt= ;;
	listen,vsock) printf '%s\n' cid= port= backlog= sndbuf= rcvbuf= sockopt= ;;
	listen,fd) printf '%s\n' fd= ;;
	listen,systemd) printf '%s\n' domain= index= name= ;;
	listen,fifo) echo @file; printf '%s\n' path= dir= mode= ;;
	listen,pty) printf '%s\n' link= raw= wait= mode= ;;
	listen,serial) echo @file; printf '%s\n' path= baud= parity= bits= stop= flow= ;;
	listen,haproxy) printf '%s\n' trusted= timeout= tcp: tcp4: tcp6: tls: ws: wss: udp: udp4: udp6: unix: vsock: stdio fd: inetd systemd fifo: pty serial: ;;
	esac
}

_twc_key_value() { # TYPE KEY
	case $1,$2 in
	tcp,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	tcp,starttls) printf '%s\n' 'smtp' 'imap' 'pop3' 'ftp' 'ldap' 'xmpp' 'postgres' 'mysql' ;;
	tcp,ca) echo @file ;;
	tcp,verify) printf '%s\n' 'yes' 'no' ;;
	tcp,cert) echo @file ;;
	tcp,key) echo @file ;;
	tcp,key-pass-file) echo @file ;;
	tcp,min) printf '%s\n' '1.2' '1.3' ;;
	tcp,max) printf '%s\n' '1.2' '1.3' ;;
	tcp,truncation) printf '%s\n' 'refuse' 'allow' ;;
	tcp,reuseport) printf '%s\n' 'yes' 'no' ;;
	tcp,nodelay) printf '%s\n' 'yes' 'no' ;;
	tcp,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	tcp4,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	tcp4,starttls) printf '%s\n' 'smtp' 'imap' 'pop3' 'ftp' 'ldap' 'xmpp' 'postgres' 'mysql' ;;
	tcp4,ca) echo @file ;;
	tcp4,verify) printf '%s\n' 'yes' 'no' ;;
	tcp4,cert) echo @file ;;
	tcp4,key) echo @file ;;
	tcp4,key-pass-file) echo @file ;;
	tcp4,min) printf '%s\n' '1.2' '1.3' ;;
	tcp4,max) printf '%s\n' '1.2' '1.3' ;;
	tcp4,truncation) printf '%s\n' 'refuse' 'allow' ;;
	tcp4,reuseport) printf '%s\n' 'yes' 'no' ;;
	tcp4,nodelay) printf '%s\n' 'yes' 'no' ;;
	tcp4,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	tcp6,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	tcp6,starttls) printf '%s\n' 'smtp' 'imap' 'pop3' 'ftp' 'ldap' 'xmpp' 'postgres' 'mysql' ;;
	tcp6,ca) echo @file ;;
	tcp6,verify) printf '%s\n' 'yes' 'no' ;;
	tcp6,cert) echo @file ;;
	tcp6,key) echo @file ;;
	tcp6,key-pass-file) echo @file ;;
	tcp6,min) printf '%s\n' '1.2' '1.3' ;;
	tcp6,max) printf '%s\n' '1.2' '1.3' ;;
	tcp6,truncation) printf '%s\n' 'refuse' 'allow' ;;
	tcp6,reuseport) printf '%s\n' 'yes' 'no' ;;
	tcp6,nodelay) printf '%s\n' 'yes' 'no' ;;
	tcp6,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	tls,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	tls,ca) echo @file ;;
	tls,verify) printf '%s\n' 'yes' 'no' ;;
	tls,cert) echo @file ;;
	tls,key) echo @file ;;
	tls,key-pass-file) echo @file ;;
	tls,min) printf '%s\n' '1.2' '1.3' ;;
	tls,max) printf '%s\n' '1.2' '1.3' ;;
	tls,truncation) printf '%s\n' 'refuse' 'allow' ;;
	tls,cert) echo @file ;;
	tls,key) echo @file ;;
	tls,key-pass-file) echo @file ;;
	tls,min) printf '%s\n' '1.2' '1.3' ;;
	tls,max) printf '%s\n' '1.2' '1.3' ;;
	tls,truncation) printf '%s\n' 'refuse' 'allow' ;;
	tls,certs) echo @file ;;
	tls,strict) printf '%s\n' 'yes' 'no' ;;
	tls,cert-out) echo @file ;;
	tls,client-auth) printf '%s\n' 'none' 'optional' 'require' ;;
	tls,reuseport) printf '%s\n' 'yes' 'no' ;;
	tls,nodelay) printf '%s\n' 'yes' 'no' ;;
	tls,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	ws,path) echo @file ;;
	ws,deflate) printf '%s\n' 'yes' 'no' ;;
	ws,type) printf '%s\n' 'auto' 'text' 'binary' ;;
	ws,lines) printf '%s\n' 'yes' 'no' ;;
	ws,pass-file) echo @file ;;
	ws,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	ws,reuseport) printf '%s\n' 'yes' 'no' ;;
	ws,nodelay) printf '%s\n' 'yes' 'no' ;;
	ws,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	wss,path) echo @file ;;
	wss,deflate) printf '%s\n' 'yes' 'no' ;;
	wss,type) printf '%s\n' 'auto' 'text' 'binary' ;;
	wss,lines) printf '%s\n' 'yes' 'no' ;;
	wss,pass-file) echo @file ;;
	wss,proxy-protocol) printf '%s\n' 'v1' 'v2' ;;
	wss,ca) echo @file ;;
	wss,verify) printf '%s\n' 'yes' 'no' ;;
	wss,cert) echo @file ;;
	wss,key) echo @file ;;
	wss,key-pass-file) echo @file ;;
	wss,min) printf '%s\n' '1.2' '1.3' ;;
	wss,max) printf '%s\n' '1.2' '1.3' ;;
	wss,truncation) printf '%s\n' 'refuse' 'allow' ;;
	wss,cert) echo @file ;;
	wss,key) echo @file ;;
	wss,key-pass-file) echo @file ;;
	wss,min) printf '%s\n' '1.2' '1.3' ;;
	wss,max) printf '%s\n' '1.2' '1.3' ;;
	wss,truncation) printf '%s\n' 'refuse' 'allow' ;;
	wss,certs) echo @file ;;
	wss,strict) printf '%s\n' 'yes' 'no' ;;
	wss,cert-out) echo @file ;;
	wss,client-auth) printf '%s\n' 'none' 'optional' 'require' ;;
	wss,reuseport) printf '%s\n' 'yes' 'no' ;;
	wss,nodelay) printf '%s\n' 'yes' 'no' ;;
	wss,reuseaddr) printf '%s\n' 'yes' 'no' ;;
	udp,loop) printf '%s\n' 'yes' 'no' ;;
	udp,broadcast) printf '%s\n' 'yes' 'no' ;;
	udp,reuseport) printf '%s\n' 'yes' 'no' ;;
	udp4,loop) printf '%s\n' 'yes' 'no' ;;
	udp4,broadcast) printf '%s\n' 'yes' 'no' ;;
	udp4,reuseport) printf '%s\n' 'yes' 'no' ;;
	udp6,loop) printf '%s\n' 'yes' 'no' ;;
	udp6,broadcast) printf '%s\n' 'yes' 'no' ;;
	udp6,reuseport) printf '%s\n' 'yes' 'no' ;;
	unix,path) echo @file ;;
	unix,unlink) printf '%s\n' 'yes' 'no' ;;
	unix,kind) printf '%s\n' 'stream' 'dgram' 'seqpacket' ;;
	unix,bind) echo @file ;;
	stdio,raw) printf '%s\n' 'yes' 'no' ;;
	systemd,domain) printf '%s\n' 'INET' 'INET6' 'UNIX' ;;
	file,path) echo @file ;;
	file,mode) printf '%s\n' 'r' 'w' 'a' ;;
	file,follow) printf '%s\n' 'yes' 'no' ;;
	file,lock) printf '%s\n' 'yes' 'no' ;;
	fifo,path) echo @file ;;
	fifo,dir) printf '%s\n' 'r' 'w' ;;
	pty,link) echo @file ;;
	pty,raw) printf '%s\n' 'yes' 'no' ;;
	pty,wait) printf '%s\n' 'yes' 'no' ;;
	serial,path) echo @file ;;
	serial,parity) printf '%s\n' 'none' 'even' 'odd' ;;
	serial,flow) printf '%s\n' 'none' 'rtscts' ;;
	exec,stderr) printf '%s\n' 'keep' 'drop' 'merge' 'log' ;;
	exec,pty) printf '%s\n' 'yes' 'no' ;;
	sh,stderr) printf '%s\n' 'keep' 'drop' 'merge' 'log' ;;
	sh,pty) printf '%s\n' 'yes' 'no' ;;
	esac
}

# Adds candidates that begin with $2, each behind $1; -f files, -d folders, -c commands, else the lines of
# standard input.
_twc_add() { # BEFORE WORD [-f | -d | -c | -A hostname]
	local before=$1 word=$2 line
	shift 2
	if (($#)); then
		[[ $1 == -f || $1 == -d ]] && compopt -o filenames 2>/dev/null
		while IFS= read -r line; do COMPREPLY+=("$before$line"); done < <(compgen "$@" -- "$word")
	else
		while IFS= read -r line; do
			[[ $line == "$word"* ]] && COMPREPLY+=("$before$line")
		done
	fi
}

_twc_endpoint() { # ROLE BEFORE WORD
	local role=$1 before=$2 word=$3 type part head key line
	if [[ $word != *:* ]]; then
		_twc_add "$before" "$word" < <(_twc_types "$role")
		return
	fi
	type=${word%%:*} part=${word##*:} head=${word%"${word##*:}"}
	if [[ $part == *=* ]]; then
		key=${part%%=*} head=$head${part%%=*}= part=${part#*=}
		if [[ $(_twc_key_value "$type" "$key") == @file ]]; then
			_twc_add "$before$head" "$part" -f
		else
			_twc_add "$before$head" "$part" < <(_twc_key_value "$type" "$key")
		fi
		return
	fi
	while IFS= read -r line; do
		case $line in
		@command) [[ $head == "$type:" ]] && _twc_add "$before$head" "$part" -c ;;
		@file) [[ $head == "$type:" && -n $part ]] && _twc_add "$before$head" "$part" -f ;;
		*) _twc_add "$before$head" "$part" <<<"$line" ;;
		esac
	done < <(_twc_keys "$role" "$type")
}

_twc_offer() { # KIND BEFORE WORD
	local kind=$1 before=$2 word=$3
	case $kind in
	file) _twc_add "$before" "$word" -f ;;
	dir) _twc_add "$before" "$word" -d ;;
	command) _twc_add "$before" "$word" -c ;;
	host) _twc_add "$before" "$word" -A hostname ;;
	connect | listen) _twc_endpoint "$kind" "$before" "$word" ;;
	listen-dir)
		_twc_endpoint listen "$before" "$word"
		_twc_add "$before" "$word" -d ;;
	trace) # a list with commas
		_twc_add "$before${word%"${word##*,}"}" "${word##*,}" < <(_twc_fixed trace) ;;
	topic) _twc_add "$before" "$word" < <(_twc_fixed topic) ;;
	words\ *) _twc_add "$before" "$word" < <(tr ' ' '\n' <<<"${kind#words }") ;;
	esac
}

# COMP_WORDS without the breaks at : and =, up to the cursor, into `words`.
_twc_split() {
	local line=$COMP_LINE rest i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		if ((i == 0)) || [[ ${#rest} -lt ${#line} ]]; then
			words+=("${COMP_WORDS[i]}")
		else
			words[${#words[@]} - 1]+=${COMP_WORDS[i]}
		fi
		line=${rest#"${COMP_WORDS[i]}"}
	done
}

# Readline replaces what stands behind the last break only.
_twc_cut() { # WORD
	local breaks='' cut
	[[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
	[[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
	[[ -n $breaks ]] || return
	cut=${1%"${1##*["$breaks"]}"}
	COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}

_twc() {
	local words cur prev kind='' command='' at=0 i
	COMPREPLY=()
	_twc_split
	cur=${words[-1]}
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		prev=${words[i]}
		if [[ $prev == -- && -n $command ]]; then
			if ((i == ${#words[@]} - 2)); then _twc_add '' "$cur" -c; else _twc_add '' "$cur" -f; fi
			return
		elif [[ $prev == -* ]]; then
			[[ -n $(_twc_value "$command" "$prev") ]] && ((i < ${#words[@]} - 2)) && ((i++))
		elif [[ -z $command ]]; then
			command=$prev at=$i
		elif ((i == at + 1)) && _twc_verbs "$command" | grep -Fxqe "$prev"; then
			command=$command-$prev
		fi
	done
	prev=${words[i - 1]}
	[[ ${#words[@]} -gt 2 && $prev == -* ]] && kind=$(_twc_value "$command" "$prev")
	if [[ -n $kind ]]; then
		_twc_offer "$kind" '' "$cur"
	elif [[ $cur == --*=* ]]; then
		_twc_offer "$(_twc_value "$command" "${cur%%=*}=")" "${cur%%=*}=" "${cur#*=}"
	elif [[ $cur == -?* || ($cur == - && -z $command) ]]; then
		_twc_add '' "$cur" < <(_twc_options "$command")
	else
		_twc_offer "$(_twc_operand "$command")" '' "$cur"
		((at == i - 1)) && _twc_add '' "$cur" < <(_twc_verbs "$command")
		[[ $cur == - ]] && _twc_add '' - < <(_twc_options "$command")
	fi
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null
	_twc_cut "$cur"
}

complete -F _twc twc
