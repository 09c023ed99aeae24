/** Messages that are in order. Mutations begin here. */

const HOST = "Host: a.example\r\n";

const single: readonly string[] = [
  `GET / HTTP/1.1\r\n${HOST}\r\n`,
  `GET /a/b?c=d&e HTTP/1.1\r\n${HOST}Accept: */*\r\nUser-Agent: x y/1 (z)\r\n\r\n`,
  `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD / HTTP/1.1\r\nhost:a.example:8080\r\nA:\r\nB: \t c \t\r\n\r\n`,
  `DELETE /x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  "GET / HTTP/1.0\r\n\r\n",
  `GET / HTTP/1.0\r\n${HOST}Connection: Keep-Alive\r\n\r\n`,
  "GET http://a.example/x?y HTTP/1.1\r\nHost: A.example\r\n\r\n",
  "GET http://a.example?y HTTP/1.1\r\nHost: a.example\r\n\r\n",
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
  "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
  `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
  `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
  `POST / HTTP/1.0\r\nContent-Length: 005\r\n\r\nhello`,
  `PUT / HTTP/1.1\r\n${HOST}Content-Length:5\t\r\nExpect: 100-Continue\r\n\r\nhello`,
  `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: Chunked \r\n\r\n1\r\na\r\n2\r\nbc\r\n0a\r\n0123456789\r\n000\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n1;b=c;d="e\\"f"\r\n!\r\n0;z\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\nX-C:\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Upgrade: h2c\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Connection: keep-alive, x-a\r\nX-A: \xe4\xff\r\n\r\n`,
  `M-SEARCH / HTTP/1.1\r\n${HOST}\r\n`,
];

export const requestCorpus: readonly string[] = [
  ...single,
  single.slice(0, 4).join(""),
  `${single[12]}${single[16]}${single[19]}${single[0]}`,
  `${single[18]}${single[14]}`,
];

interface ResponseText {
  readonly method: string;
  readonly text: string;
}

function to(method: string, text: string): ResponseText {
  return { method, text };
}

export const responseCorpus: readonly ResponseText[] = [
  to("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
  to("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  to("GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
  to("GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
  to("GET", "HTTP/1.1 404 Not Found at all (\xe4)\r\nServer: x\r\nContent-Length: 2\r\n\r\nno"),
  to("GET", "HTTP/1.0 200 OK\r\n\r\nuntil the end"),
  to("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end"),
  to("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"),
  to("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"),
  to("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
  to("GET", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
  to(
    "GET",
    "HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
  ),
  to("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
  to("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
  to("HEAD", "HTTP/1.1 200 OK\r\n\r\n"),
  to("POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
  to(
    "GET",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
  ),
  to(
    "GET",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
  ),
  to(
    "GET",
    "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\nContent-Length: 1\r\n\r\nbHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
  ),
];
