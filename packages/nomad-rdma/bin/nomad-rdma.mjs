#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one gets an explanation and not a syntax error.
import module from "node:module";

const versionMin = 26;
const major = Number(process.versions.node.split(".")[0]);

if (major < versionMin) {
  process.stderr.write(
    `nomad-rdma: E_VERSION: Node ${versionMin} or newer is needed, this is ${process.versions.node} (${process.execPath})\n` +
      "  next: run it as `npx nomad-rdma`, which uses the Node that this project pins\n",
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  const { main } = await import("../src/shell/main.ts");
  await main(process.argv.slice(2));
}
