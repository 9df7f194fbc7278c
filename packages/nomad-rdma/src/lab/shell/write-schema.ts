// Writes the lab file's JSON Schema, for editors: `npm run schema -w nomad-rdma`.
import { writeFileSync } from "node:fs";
import { labFileJsonSchema } from "../lab-file.ts";

writeFileSync(new URL("../../../nomad.lab.schema.json", import.meta.url), JSON.stringify(labFileJsonSchema()));
