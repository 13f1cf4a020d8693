/* SPDX-License-Identifier: MIT */
/* nc's and ncat's options, as the words of twc that they become, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nc.h"
#include <stdio.h>

enum { NCAT = 1, NULL_INPUT = 2 };

static const char services_text[] = "# a comment\n"
				    "\n"
				    "ssh\t\t22/tcp\t\t\t\t# SSH Remote Login Protocol\n"
				    "smtp\t\t25/tcp\t\tmail\n"
				    "domain\t\t53/udp\n"
				    "www-x\t\t80/tcp\t\thttp www\n"
				    "broken\n"
				    "zero 0/tcp\n"
				    "last 99/tcp";

static void services_init(struct nc_services *s)
{
	twc_buf_init(&s->text, 4096);
	assert_int_equal(twc_buf_add(&s->text, services_text, sizeof(services_text) - 1), 0);
}

/* A line of nc, split at blanks, becomes a line of twc, or the text of an error. */
static int call(const char *line, unsigned how, char *out, size_t cap)
{
	const struct twc_cmd *cmd = nc_called(how & NCAT ? "ncat" : "/bin/nc");
	struct common common = { 0 };
	struct opt_parse p = { .set = { { cmd->opts, NULL }, { common_opts, &common } } };
	struct nc_services services;
	struct nc_setting at = { .is_ncat = how & NCAT, .in_is_null = how & NULL_INPUT, .services = &services };
	struct nc_params params;
	struct nc_call c = { 0 };
	struct twc_err err = { 0 };
	char copy[512], *argv[32];
	int argc = 0, rc;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	services_init(&services);
	cmd->init(&params);
	p.set[0].params = &params;
	rc = opt_parse(&p, argc, argv, &err);
	at.is_verbose = common.verbose > 0;
	if (!rc)
		rc = nc_map(&params, &at, p.n_operands, p.operands, &c, &err);
	if (rc)
		snprintf(out, cap, "%s", err.text);
	out[rc ? strlen(out) : 0] = '\0';
	for (size_t i = 0; i < c.n; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? " " : "", c.word[i]);
	for (size_t i = 0; i < c.n_turns; i++)
		n += (size_t)snprintf(out + n, cap - n, " | %s", c.turn[i]);
	nc_call_free(&c);
	cmd->fini(&params);
	nc_services_free(&services);
	return rc;
}

struct row {
	const char *nc, *twc;
	unsigned how;
};

static void try(const struct row *row, size_t n, int want)
{
	char got[1024];

	for (size_t i = 0; i < n; i++) {
		int rc = call(row[i].nc, row[i].how, got, sizeof(got));

		if (rc != want || (want ? !strstr(got, row[i].twc) : strcmp(got, row[i].twc) != 0))
			fail_msg("nc %s\n  gives %s\n  wants %s", row[i].nc, got, row[i].twc);
	}
}

static void connecting(void **state)
{
	static const struct row rows[] = {
		{ "host 80", "connect tcp:host:80", 0 },
		{ "host http", "connect tcp:host:80", 0 },
		{ "host www", "connect tcp:host:80", 0 },
		{ "-N host 80", "connect tcp:host:80", 0 },
		{ "host 80", "connect tcp:host:80 --recv", NULL_INPUT },
		{ "-N host 80", "connect tcp:host:80", NULL_INPUT },
		{ "-q 1 host 80", "connect tcp:host:80 --linger 1", NULL_INPUT },
		{ "-u host 53", "connect udp:host:53", NULL_INPUT },
		{ "-e cat host 1", "connect tcp:host:1 --to exec:cat", NULL_INPUT },
		{ "--no-shutdown host 1", "connect tcp:host:1 --eof keep", NULL_INPUT },
		{ "host 80", "connect tcp:host:80", NCAT | NULL_INPUT },
		{ "::1 80", "connect tcp:[::1]:80", 0 },
		{ "-4 host 80", "connect tcp4:host:80", 0 },
		{ "-46 host 80", "connect tcp6:host:80", 0 },
		{ "-u host 53", "connect udp:host:53", 0 },
		{ "-u6 host domain", "connect udp6:host:53", 0 },
		{ "-ub 192.0.2.255 9", "connect udp:192.0.2.255:9:broadcast=yes", 0 },
		{ "-n 127.0.0.1 80", "connect --numeric tcp:127.0.0.1:80", 0 },
		{ "-w2 host 80", "connect tcp:host:80:timeout=2 --until-idle 2", 0 },
		{ "host 80 -w 2", "connect tcp:host:80:timeout=2 --until-idle 2", 0 },
		{ "-q 1 host 80", "connect tcp:host:80 --linger 1", 0 },
		{ "-q0 host 80", "connect tcp:host:80 --linger 1ms", 0 },
		{ "-q -1 host 80", "connect tcp:host:80", 0 },
		{ "-d host 80", "connect tcp:host:80 --recv", 0 },
		{ "-dq1 host 80", "connect tcp:host:80 --recv", 0 },
		{ "-C host 25", "connect tcp:host:25 --crlf", 0 },
		{ "-t host 23", "connect tcp:host:23 --telnet", 0 },
		{ "-s 10.1.2.3 -p 31337 host 42", "connect tcp:host:42:bind=10.1.2.3:bind-port=31337", 0 },
		{ "-s ::1 host 42", "connect tcp:host:42:bind=[::1]", 0 },
		{ "-I 4096 -O 8192 host 1", "connect tcp:host:1:rcvbuf=4096:sndbuf=8192", 0 },
		{ "-T lowdelay -M 3 host 1", "connect tcp:host:1:ttl=3:tos=16", 0 },
		{ "-T af43 host 1", "connect tcp:host:1:tos=152", 0 },
		{ "-T cs7 host 1", "connect tcp:host:1:tos=224", 0 },
		{ "-T 0x20 host 1", "connect tcp:host:1:tos=32", 0 },
		{ "-u -W 1 host 53", "connect udp:host:53 --max-messages 1", 0 },
		{ "-U /run/x.sock", "connect unix:/run/x.sock", 0 },
		{ "-U ./a:b", "connect unix:[./a:b]", 0 },
		{ "-U ./a[b", "connect unix:./a\\[b", 0 },
		{ "-uU /x -s /y", "connect unix:/x:kind=dgram:bind=/y", 0 },
		{ "-U -w 3 @abstract", "connect unix:@abstract:timeout=3 --until-idle 3", 0 },
		{ "-x gw host 22", "connect tcp:host:22:via=[socks5:gw:1080]", 0 },
		{ "-X 4 -x gw:99 host 22", "connect tcp:host:22:via=[socks4:gw:99]", 0 },
		{ "-X connect -x [::1] host 22", "connect tcp:host:22:via=[http:[::1]:3128]", 0 },
		{ "-X connect -x [::1]:80 host 22", "connect tcp:host:22:via=[http:[::1]:80]", 0 },
		{ "-x ::1 host 22", "connect tcp:host:22:via=[socks5:[::1]:1080]", 0 },
		{ "-X connect -P me -x gw host 22",
		  "connect tcp:host:22:via=[http:gw:3128:user=me:pass-env=TWC_PROXY_PASSWORD]", 0 },
		{ "-e cat host 1", "connect tcp:host:1 --to exec:cat", 0 },
		{ "-c a=b host 1", "connect tcp:host:1 --to sh:[a=b]", 0 },
		{ "-o dump host 1", "connect tcp:host:1 --hexdump=dump", 0 },
		{ "-i 2 host 1", "connect tcp:host:1 --line-delay 2", 0 },
		{ "-i 500ms -u host 1", "connect udp:host:1 --line-delay 500ms", 0 },
		{ "-i 0 host 1", "connect tcp:host:1", 0 },
		{ "-di 2 host 1", "connect tcp:host:1 --recv", 0 },
		{ "-i 1 host 1-2 http", "connect tcp:host:1 --line-delay 1 | tcp:host:1 | tcp:host:2 | tcp:host:80", 0 },
		{ "-w 2 host 1 2", "connect tcp:host:1:timeout=2 --until-idle 2 | tcp:host:1:timeout=2 | tcp:host:2:timeout=2", 0 },
		{ "-D host 1", "connect tcp:host:1:sockopt=1,1,01000000", 0 },
		{ "-m 5 1.2.3.4 1", "connect tcp:1.2.3.4:1:sockopt=0,21,05000000", 0 },
		{ "-m 255 ::1 1", "connect tcp:[::1]:1:sockopt=41,73,ff000000", 0 },
		{ "-D6m 255 host 1", "connect tcp6:host:1:sockopt=1,1,01000000/41,73,ff000000", 0 },
		{ "-d 2 -i 9 host 1", "connect tcp:host:1 --idle 9 --line-delay 2", NCAT },
		{ "--proxy gw --proxy-auth me:a:b] host 1",
		  "connect tcp:host:1:via=[http:gw:3128:user=me:pass=a\\:b\\]]", NCAT },
		{ "--proxy gw --proxy-auth me --proxy-type socks4 host 1",
		  "connect tcp:host:1:via=[socks4:gw:1080:user=me]", NCAT },
		{ "--proxy gw --proxy-dns local host 1", "connect tcp:host:1:via=[http:gw:3128:dns=local]", NCAT },
		{ "--proxy gw --proxy-dns remote host 1", "connect tcp:host:1:via=[http:gw:3128]", NCAT },
		{ "--vsock -w 3 2 1234", "connect vsock:2:1234:timeout=3", NCAT },
		{ "--vsock 2", "connect vsock:2:31337", NCAT },
		{ "--no-shutdown host 1", "connect tcp:host:1 --eof keep", 0 },
		{ "-F -w 5 -x gw host 80", "connect tcp:host:80:timeout=5:via=[socks5:gw:1080] --fdpass", 0 },
		{ "-v host 80", "connect tcp:host:80", 0 },
		{ "-- host 80", "connect tcp:host:80", 0 },
		{ "host", "connect tcp:host:31337", NCAT },
		{ "-w 500ms -i 2m host 1", "connect tcp:host:1:timeout=500ms --idle 2m", NCAT },
		{ "--send-only host 1", "connect tcp:host:1 --send", NCAT },
		{ "--recv-only host 1", "connect tcp:host:1 --recv", NCAT },
		{ "-x dump host 1", "connect tcp:host:1 --hexdump=dump", NCAT },
		{ "--proxy gw --proxy-type socks4 host 1", "connect tcp:host:1:via=[socks4:gw:1080]", NCAT },
		{ "--proxy gw:8080 host 1", "connect tcp:host:1:via=[http:gw:8080]", NCAT },
	};

	try(rows, TWC_ARRAY_LEN(rows), 0);
}

static void listening(void **state)
{
	static const struct row rows[] = {
		{ "-l 80", "serve -q tcp:80:interface=* --once --eof peer", 0 },
		{ "-l http", "serve -q tcp:80:interface=* --once --eof peer", 0 },
		{ "-vl 80", "serve tcp:80:interface=* --once --eof peer", 0 },
		{ "-l 0", "serve tcp:0:interface=* --once --eof peer", 0 },
		{ "-l 80", "serve -q tcp:80:interface=* --once --recv", NULL_INPUT },
		{ "-lp 80", "serve -q tcp:80:interface=* --once --eof peer", 0 },
		{ "-l -p 80", "serve -q tcp:80:interface=* --once --eof peer", 0 },
		{ "-l -p 80 -s 127.0.0.1", "serve -q tcp:80:interface=127.0.0.1 --once --eof peer", 0 },
		{ "-l 127.0.0.1 80", "serve -q tcp:80:interface=127.0.0.1 --once --eof peer", 0 },
		{ "-l localhost 80", "serve -q tcp:80 --once --eof peer", 0 },
		{ "-l ::1 80", "serve -q tcp:80:interface=[::1] --once --eof peer", 0 },
		{ "-4l 80", "serve -q tcp4:80:interface=* --once --eof peer", 0 },
		{ "-lk 80", "serve -q tcp:80:interface=* --eof peer --max-clients 1", 0 },
		{ "-lk 80", "serve -q tcp:80:interface=* --eof peer", NCAT },
		{ "-4lm 9 80", "serve -q tcp4:80:interface=*:sockopt=0,21,09000000 --once --eof peer", 0 },
		{ "-li 2 80", "serve -q tcp:80:interface=* --once --eof peer --line-delay 2", 0 },
		{ "-li 2 80", "serve -q tcp:80:interface=* --once --recv", NULL_INPUT },
		{ "--vsock -l 80", "serve -q vsock:any:80 --once --eof peer", NCAT },
		{ "--vsock -lk 1 80", "serve -q vsock:1:80 --eof peer", NCAT },
		{ "--vsock -lp 80", "serve -q vsock:any:80 --once --eof peer", NCAT },
		{ "-lk -m 3 80", "serve -q tcp:80:interface=* --eof peer --max-clients 3", NCAT },
		{ "-l", "serve -q tcp:31337:interface=* --once --eof peer", NCAT },
		{ "-ld 80", "serve -q tcp:80:interface=* --once --recv", 0 },
		{ "-l -w 3 80", "serve -q tcp:80:interface=* --once --eof peer --until-idle 3", 0 },
		{ "-lk -w 3 80", "serve -q tcp:80:interface=* --eof peer --idle 3 --max-clients 1", 0 },
		{ "-l -q 1 80", "serve -q tcp:80:interface=* --once --eof peer --linger 1", 0 },
		{ "-lu 53", "serve -q udp:53:interface=* --once --idle 24h --linger 24h", 0 },
		{ "-lu -w 1 53", "serve -q udp:53:interface=* --once --idle 24h --linger 24h --until-idle 1", 0 },
		{ "-luk 53", "serve -q udp:53:interface=*", 0 },
		{ "-lu 53", "serve -q udp:53:interface=* --once --recv --idle 24h", NULL_INPUT },
		{ "-lU /run/x", "serve -q unix:/run/x --once --eof peer", 0 },
		{ "-l -C 80", "serve -q tcp:80:interface=* --once --eof peer --crlf", 0 },
		{ "-l -e cat 80", "serve -q tcp:80:interface=* --exec cat --once", 0 },
		{ "-lk -c date 80", "serve -q tcp:80:interface=* --sh date", NCAT },
		{ "-l --allowfile a --denyfile d 80",
		  "serve -q tcp:80:interface=* --once --eof peer --allow-file a --deny-file d", NCAT },
		{ "-l --chat 80", "serve -q tcp:80:interface=* --chat", NCAT },
		{ "-l --broker --chat 80", "serve -q tcp:80:interface=* --chat", NCAT },
		{ "-l --broker 80", "serve -q tcp:80:interface=* --broadcast", NCAT },
		{ "-l --allow 10.0.0.0/8,::1 --deny 1.2.3.4 80",
		  "serve -q tcp:80:interface=* --once --eof peer --allow 10.0.0.0/8 --allow ::1 --deny 1.2.3.4", NCAT },
	};

	try(rows, TWC_ARRAY_LEN(rows), 0);
}

static void scanning(void **state)
{
	static const struct row rows[] = {
		{ "-z host 80", "connect --check tcp:host:80", 0 },
		{ "-zv host 20-22 http", "connect --check tcp:host:20 tcp:host:21 tcp:host:22 tcp:host:80", 0 },
		{ "-z host 22-20", "connect --check tcp:host:20 tcp:host:21 tcp:host:22", 0 },
		{ "-zw1 host 80", "connect --check tcp:host:80:timeout=1", 0 },
		{ "-zu host 53", "connect --check udp:host:53", 0 },
		{ "-zU /run/x", "connect --check unix:/run/x", 0 },
		{ "-zn 127.0.0.1 1", "connect --numeric --check tcp:127.0.0.1:1", 0 },
		{ "-z host", "connect --check tcp:host:31337", NCAT },
		{ "-z --ssl host 1", "connect --check tls:host:1:verify=no", NCAT },
		{ "--ssl host 1", "connect tls:host:1:verify=no", NCAT },
		{ "-4 --ssl-verify host 1", "connect --ipv4 tls:host:1", NCAT },
		{ "--ssl-trustfile /a:b --ssl-servername n host 1", "connect tls:host:1:servername=n:ca=[/a:b]", NCAT },
		{ "--ssl-cert c --ssl-key k --ssl-verify host 1", "connect tls:host:1:cert=c:key=k", NCAT },
		{ "--ssl-ciphers A:B --ssl-alpn h2,x host 1", "connect tls:host:1:ciphers=[A:B]:alpn=h2,x:verify=no", NCAT },
		{ "--ssl --proxy gw host 1", "connect tls:host:1:verify=no:via=[http:gw:3128]", NCAT },
		{ "-lk --ssl 1 -e p", "serve -q tls:1:interface=*:cert=auto:truncation=allow --exec p", NCAT },
		{ "-lk6 --ssl-cert c --ssl-key k 1 -e p", "serve -q --ipv6 tls:1:interface=*:cert=c:key=k:truncation=allow --exec p", NCAT },
	};

	try(rows, TWC_ARRAY_LEN(rows), 0);
}

static void refusing(void **state)
{
	static const struct row rows[] = {
		{ "", "missing HOST", 0 },
		{ "host", "missing PORT", 0 },
		{ "host 1 99999", "99999", 0 },
		{ "host 1 2", "several ports: ncat joins one", NCAT },
		{ "-l 1-2", "several ports, where one is meant", 0 },
		{ "host 99999", "99999", 0 },
		{ "host 1-", "port", 0 },
		{ "-z host 5-99999", "99999", 0 },
		{ "host nosuch", "nosuch is neither a port nor a tcp service", 0 },
		{ "-u host ssh", "ssh is neither a port nor a udp service", 0 },
		{ "-l", "missing PORT", 0 },
		{ "-l a b c", "too many", 0 },
		{ "-l -p 1 host", "--allow", 0 },
		{ "-l -s ::1 host 1", "both say", 0 },
		{ "-lz 1", "exclude", 0 },
		{ "-l -x gw 1", "exclude", 0 },
		{ "-lF 1", "exclude", 0 },
		{ "-uF host 1", "-F does not go", 0 },
		{ "-k host 1", "-k goes with -l", 0 },
		{ "-lk -q 1 80", "--for", 0 },
		{ "-lk --no-shutdown 80", "-k", 0 },
		{ "-P me host 1", "-P is for a proxy", 0 },
		{ "-u -x gw host 1", "-x does not go", 0 },
		{ "-x gw:x host 1", "-x: ", 0 },
		{ "-x [::1]x host 1", "-x: ", 0 },
		{ "-w x host 1", "-w: ", 0 },
		{ "-w 0 host 1", "-w: must be more", 0 },
		{ "-q x host 1", "-q: ", 0 },
		{ "-T fast host 1", "-T: ", 0 },
		{ "-T 256 host 1", "-T: ", 0 },
		{ "-T af44 host 1", "-T: ", 0 },
		{ "-I x host 1", "-I: ", 0 },
		{ "-M 256 host 1", "-M: ", 0 },
		{ "-X 6 -x gw host 1", "-X: ", 0 },
		{ "-U a b", "-U takes the path", 0 },
		{ "-lU", "-lU takes the path", 0 },
		{ "-4U a", "-U has no use", 0 },
		{ "-l -e a -c b 1", "exclude", 0 },
		{ "-z -e a host 1", "-z joins nothing", 0 },
		{ "-S host 1", "-S cannot be mapped", 0 },
		{ "-Z host 1", "-Z cannot be mapped", 0 },
		{ "-m 3 host 1", "-m: add -4 or -6", 0 },
		{ "-m 3 -l 1", "-m: add -4 or -6", 0 },
		{ "-m 0 ::1 1", "-m: ", 0 },
		{ "-m 256 ::1 1", "-m: ", 0 },
		{ "-i x host 1", "-i: ", 0 },
		{ "-d -1 host 1", "-d: ", NCAT },
		{ "-i 0 host 1", "-i: must be more than 0", NCAT },
		{ "--proxy-auth a:b host 1", "--proxy-auth is for --proxy", NCAT },
		{ "-l --proxy-auth a:b 1", "exclude", NCAT },
		{ "--proxy gw --proxy-dns both host 1", "both", NCAT },
		{ "--vsock -u 2 1", "--vsock does not go with", NCAT },
		{ "--vsock -p 5 2 1", "--vsock does not go with", NCAT },
		{ "--vsock -l -s 5 1", "--vsock does not go with -s", NCAT },
		{ "--vsock", "missing CID", NCAT },
		{ "--vsock 1 2 3", "too many", NCAT },
		{ "--vsock -l 1 2 3", "too many", NCAT },
		{ "--vsock -lp 1 2 3", "too many", NCAT },
		{ "-g 1.2.3.4 host 1", "-g cannot be mapped", 0 },
		{ "-Y host 1", "unknown option -Y", 0 },
		{ "-w", "option -w needs a value", 0 },
		{ "--ssl -u host 1", "--ssl goes with TCP", NCAT },
		{ "--ssl-key f host 1", "--ssl-key goes with --ssl-cert", NCAT },
		{ "--ssl-verify -l 1", "client-auth=require", NCAT },
		{ "--ssl-servername a -l 1", "does not go with -l", NCAT },
		{ "--ssl host 1", "unknown option --ssl", 0 },
		{ "-o f host 1", "-o cannot be mapped: write --tee-in", NCAT },
		{ "--chat host 1", "go with -l", NCAT },
		{ "--recv-only --send-only host 1", "nothing is sent", NCAT },
	};

	try(rows, TWC_ARRAY_LEN(rows), TWC_EUSAGE);
}

static void names_of_services(void **state)
{
	struct nc_services s, none = { 0 };

	services_init(&s);
	assert_int_equal(nc_services_port(&s, TWC_STR("mail"), "tcp"), 25);
	assert_int_equal(nc_services_port(&s, TWC_STR("last"), "tcp"), 99);
	assert_int_equal(nc_services_port(&s, TWC_STR("mai"), "tcp"), 0);
	assert_int_equal(nc_services_port(&s, TWC_STR("zero"), "tcp"), 0);
	assert_int_equal(nc_services_port(&none, TWC_STR("mail"), "tcp"), 0);
	assert_true(twc_str_is(nc_services_name(&s, 22, "tcp"), "ssh"));
	assert_true(twc_str_is(nc_services_name(&s, 22, "udp"), "*"));
	assert_true(twc_str_is(nc_services_name(&none, 22, "tcp"), "*"));
	nc_services_free(&s);
}

static void what_it_is_called(void **state)
{
	assert_non_null(nc_called("nc"));
	assert_ptr_equal(nc_called("nc"), cmd_find("nc"));
	assert_ptr_equal(nc_called("/usr/bin/netcat"), nc_called("nc"));
	assert_ptr_equal(nc_called("./ncat"), &cmd_ncat);
	assert_null(nc_called("twc"));
	assert_null(nc_called("ncx"));
	assert_null(nc_called("nc/twc"));
}

static void rows_of_ncat_are_sound(void **state)
{
	struct twc_err err = { 0 };

	if (opt_check(ncat_opts, common_opts, &err) < 0)
		fail_msg("%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connecting),
		cmocka_unit_test(listening),
		cmocka_unit_test(scanning),
		cmocka_unit_test(refusing),
		cmocka_unit_test(names_of_services),
		cmocka_unit_test(what_it_is_called),
		cmocka_unit_test(rows_of_ncat_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
