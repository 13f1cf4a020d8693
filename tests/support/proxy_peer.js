// SPDX-License-Identifier: MIT
// A server behind a proxy, on a socket file: node proxy_peer.js SOCKET NAME [h2|https]. Each request is a line of NAME.log.
const fs = require('fs');
const [path, name, version] = process.argv.slice(2);
const crypto = require('crypto');
let waiting = null;

function body(req, done) {
	const sum = crypto.createHash('sha1');
	let n = 0;
	req.on('data', d => { sum.update(d); n += d.length; });
	req.on('end', () => done(n, sum.digest('hex')));
	req.on('error', () => {});
}

const answers = {
	'/who': (req, res) => res.end(name),
	'/headers': (req, res) => res.end(JSON.stringify({ url: req.url, method: req.method, ...req.headers })),
	'/sum': (req, res) => body(req, (n, sum) => res.end(`${n} ${sum} ${req.trailers['x-end'] || ''}\n`)),
	'/echo': (req, res) => req.pipe(res),
	'/big': (req, res) => fs.createReadStream('big').pipe(res),
	'/length': (req, res) => { res.setHeader('Content-Length', fs.statSync('big').size); fs.createReadStream('big').pipe(res); },
	'/hints': (req, res) => { res.writeEarlyHints({ link: '</a.css>; rel=preload' }); res.end('hinted'); },
	'/trailers': (req, res) => {
		res.writeHead(200, { Trailer: 'X-Sum' });
		res.write('with a trailer');
		res.addTrailers({ 'X-Sum': 'abc' });
		res.end();
	},
	'/events': (req, res) => {
		res.writeHead(200, { 'Content-Type': 'text/event-stream' });
		res.write('data: one\n\n');
		waiting = res;
		res.on('close', () => fs.appendFileSync(`${name}.log`, 'closed\n'));
	},
	'/event': (req, res) => { waiting.write('data: two\n\n'); res.end(); },
	'/die': (req, res) => req.socket.destroy(),
	'/half': (req, res) => { res.writeHead(200, { 'Content-Length': 100 }); res.write('half', () => req.socket.destroy()); },
	'/chunks': (req, res) => res.write('half', () => req.socket.destroy()),
	'/hang': () => {},
	'/slow': (req, res) => setTimeout(() => res.end('slow'), 300),
	'/no': (req, res) => { res.statusCode = 413; res.setHeader('Connection', 'close'); res.end('no'); },
};

function handle(req, res) {
	fs.appendFileSync(`${name}.log`, `${req.method} ${req.url}\n`);
	const answer = answers[req.url.split('?')[0]];
	if (answer)
		answer(req, res);
	else {
		res.statusCode = 404;
		res.end();
	}
}
const tls = version === 'https' ? { key: fs.readFileSync('key.pem'), cert: fs.readFileSync('cert.pem') } : {};
require({ h2: 'http2', https: 'https' }[version] || 'http').createServer(tls, handle).listen(path);
