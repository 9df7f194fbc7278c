import { fileURLToPath } from "node:url";

/** Directory of the built dashboard: what central serves to browsers. */
export const siteDirectory = fileURLToPath(new URL("../dist/site", import.meta.url));
