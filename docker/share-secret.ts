// `node share-secret.ts FROM TO`: gives the containers of a lab the secret that the user's own nomad-rdma has.
//
// The user's file is for its owner alone, and the user of the containers is another one: they get a copy of theirs.
// When there is no secret yet it is made, and belongs to whom its directory belongs.
import { chownSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readOrMakeSecret } from "../packages/nomad-rdma/src/settings/shell/secret.ts";

const [from, to] = process.argv.slice(2) as [string, string];
const secret = readOrMakeSecret(from);
const owner = statSync(dirname(from));
chownSync(from, owner.uid, owner.gid);

const reader = statSync(dirname(to));
writeFileSync(to, secret, { mode: 0o400, flush: true });
chownSync(to, reader.uid, reader.gid);
