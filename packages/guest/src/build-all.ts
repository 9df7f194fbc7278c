// Builds whatever guest image is missing or out of date, and the page hash of the VMM. `npm install` runs this.
import { buildPageHash } from "./build-page-hash.ts";
import { buildAllImages } from "./shell/build-all.ts";

await buildAllImages();
await buildPageHash();
