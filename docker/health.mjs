// `node health.mjs PORT`: succeeds when the daemon that listens there says that it is healthy. It runs every other
// second in every container: a socket costs a third of what an HTTP client does.
import { connect } from "node:net";

const fail = () => process.exit(1);
const socket = connect(Number(process.argv[2]), "127.0.0.1");
socket.setTimeout(2000, fail).on("error", fail).on("end", fail);
socket.on("data", (head) => process.exit(head.toString("latin1").startsWith("HTTP/1.1 200 ") ? 0 : 1));
socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
