// SPDX-License-Identifier: MIT
// A server of HTTP/2 for tests of the client: what a path is called is what it does.
//
// usage: node h2_peer.js [CERT KEY]      prints its port on one line; without a certificate HTTP/2 in the clear
'use strict';
const http2 = require('http2');
const fs = require('fs');
const crypto = require('crypto');

const [cert, key] = process.argv.slice(2);
const options = { settings: { initialWindowSize: 1000, maxConcurrentStreams: 20 }, paddingStrategy: http2.constants.PADDING_STRATEGY_MAX };
const server = cert
	? http2.createSecureServer({ ...options, allowHTTP1: true, cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
	: http2.createServer(options);
const counts = {};
let sessions = 0, socket;

function count(name) {
	counts[name] = (counts[name] || 0) + 1;
	return counts[name];
}

function ok(stream, text, fields) {
	stream.respond({ ':status': 200, 'content-length': Buffer.byteLength(text), ...fields });
	stream.end(text);
}

const habits = {
	'/echo': (stream, headers) => {
		stream.respond({ ':status': 200, 'x-method': headers[':method'], 'x-fields': Object.keys(headers).join(' ') });
		stream.pipe(stream);
	},
	'/sum': (stream) => {
		const hash = crypto.createHash('sha256');
		stream.on('data', (d) => hash.update(d));
		stream.on('end', () => ok(stream, hash.digest('hex') + '\n'));
	},
	'/trailers': (stream) => {
		stream.respond({ ':status': 200 }, { waitForTrailers: true });
		stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'abc' }));
		stream.end('body');
	},
	'/hints': (stream) => {
		stream.additionalHeaders({ ':status': 103, link: '</a>' });
		ok(stream, 'after');
	},
	'/rst': (stream) => {
		stream.respond({ ':status': 200 });
		stream.write('part', () => setImmediate(() => stream.destroy(new Error('on purpose'))));
	},
	'/refused': (stream) => {
		if (count('refused') === 1)
			stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
		else
			ok(stream, 'again');
	},
	'/refused-always': (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
	'/goodbye': (stream) => {
		stream.session.goaway(2, stream.id, Buffer.from('out of \x1b[1mluck'));
		setTimeout(() => socket.end(), 20); // the frame is on its way
	},
	'/goaway': (stream) => { // the rest goes on, new ones elsewhere
		stream.session.goaway(0, stream.id);
		stream.respond({ ':status': 200 });
		stream.write('before ');
		setTimeout(() => stream.end('after'), 50);
	},
	'/die': (stream) => {
		stream.respond({ ':status': 200, 'content-length': 10 });
		stream.write('abc', () => setImmediate(() => socket.destroy()));
	},
	'/short': (stream) => {
		stream.respond({ ':status': 200, 'content-length': 10 });
		stream.end('abc');
	},
	'/long': (stream) => {
		stream.respond({ ':status': 200, 'content-length': 2 });
		stream.end('abcdef');
	},
	'/fields': (stream) => {
		const fields = {};
		for (let i = 0; i < 60; i++)
			fields['x-' + i] = 'v'.repeat(1000);
		ok(stream, 'many', fields);
	},
	'/huge': (stream) => {
		const fields = {};
		for (let i = 0; i < 1500; i++)
			fields['x-' + i] = 'abc';
		ok(stream, 'many', fields);
	},
	'/early': (stream) => { // an answer to what has not come, and no wish for it
		stream.respond({ ':status': 413 });
		stream.end('too much');
		stream.on('finish', () => stream.close(0));
	},
	'/wait': () => {},
	'/sessions': (stream) => ok(stream, String(sessions)),
};

server.on('connection', (s) => { socket = s; });
server.on('session', (s) => {
	sessions++;
	s.on('error', () => {});
});
server.on('stream', (stream, headers) => {
	stream.on('error', () => {});
	(habits[headers[':path'].split('?')[0]] || ((s) => ok(s, 'hello ' + headers[':path'])))(stream, headers);
});
if (cert) // streams are not ours alone then, which only simple ones stand
	server.on('request', (req, res) => {
		if (req.httpVersionMajor === 1)
			res.end('one');
	});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
