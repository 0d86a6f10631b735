import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** A real CONNECT proxy on loopback. Only the proxy knows the addresses of the names. */
export async function aConnectProxy(names: Readonly<Record<string, number>>) {
  const tunnels: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on("connect", ({ url = "" }, client, head) => {
    const [name = "", port] = url.split(":");
    tunnels.push(`${name}:${port}`);
    const known = names[name];
    if (known === undefined) return client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const target = connect(known, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.write(head);
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) socket.on("error", () => [client, target].map((one) => one.destroy()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    /** Value of HTTPS_PROXY. */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** `NAME:PORT` of each tunnel. */
    tunnels,
    close: () => new Promise((done) => server.close(done)),
  };
}
