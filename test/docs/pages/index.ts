import { cliPage } from "./cli.ts";
import { errorsPage } from "./errors.ts";
import { httpPage } from "./http.ts";
import { metricsPage } from "./metrics.ts";
import type { Page } from "./page.ts";
import { protocolPage } from "./protocol.ts";

/** All pages that are made from the code. */
export const pages: readonly Page[] = [cliPage, errorsPage, httpPage, metricsPage, protocolPage];
