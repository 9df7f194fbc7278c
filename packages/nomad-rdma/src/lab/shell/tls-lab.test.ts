import { startCentral, startHost } from "@nomad/daemon";
import { imagesFolder } from "@nomad/guest";
import { ofLab, ofStranger } from "@nomad/wire/testing";
import { pino } from "pino";
import { expect, test } from "vitest";
import { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";

const secret = Buffer.from("a secret of the tests, long enough");
const where = { host: "127.0.0.1", port: 0, secret, log: pino({ level: "silent" }) };

test("in a lab with TLS a guest moves while it talks, and a host of another authority does not get in", async () => {
  await using undo = new AsyncDisposableStack();
  const central = await startCentral({ ...where, tls: ofLab, journal: ":memory:", version: "test" });
  undo.defer(() => central.close());
  const join = (name: string, tls = ofLab) =>
    startHost({ ...where, name, tls, central: central.url, images: imagesFolder, icrc: true });
  for (const name of ["host-a", "host-b", "host-c"]) {
    const host = await join(name);
    expect(host.url).toMatch(/^wss:/);
    undo.defer(() => host.close());
  }
  const client = new LabClient({ url: central.url, secret, ca: ofLab.ca });
  const events = undo.use(new LabWatch(client));
  const run = (name: string, host: string, peer: string) =>
    client.runGuest({ name, image: "pair", host, arguments: { name, peer, seed: "1", rate: "200" } });
  await Promise.all([run("alice", "host-a", "bob"), run("bob", "host-b", "alice")]);
  const delivered = () => events.view.reports.get("alice")?.connections[0]?.delivered ?? 0;
  await events.until("they talk", () => delivered() > 0, 20_000);
  expect(await client.move({ guest: "alice", to: "host-c" }, { wait: true })).toMatchObject({ outcome: "released" });
  const before = delivered();
  await events.until("they go on talking", () => delivered() > before, 20_000);

  await expect(join("host-z", { ...ofStranger, ca: ofLab.ca })).rejects.toMatchObject({ code: "E_AUTH" });
  await expect(new LabClient({ url: central.url, secret }).status()).rejects.toMatchObject({ code: "E_AUTH" });
});
