// `node health.mjs PORT`: succeeds when the daemon that listens there says that it is healthy.
import { get } from "node:http";

const fail = () => process.exit(1);
get({ port: Number(process.argv[2]), path: "/health", timeout: 2000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on("timeout", fail)
  .on("error", fail);
