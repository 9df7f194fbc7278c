// Builds whatever guest image is missing or out of date. `npm install` runs this.
import { buildAllImages } from "./shell/build-all.ts";

await buildAllImages();
