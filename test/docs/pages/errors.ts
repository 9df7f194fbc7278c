import { errorCodes } from "@nomad/base";
import { headOf, type Page } from "./page.ts";

const about = `Every failure that an operator or a peer can cause has a code, which stays what it is from version to version; its sentence may change. The
command line prints both with the next step to take (\`--json\`: \`error.code\`, \`error.message\`, \`error.nextStep\`), and exits with 1, after
\`E_USAGE\` with 2; the HTTP API answers them; a move that was undone keeps the one that ended it.`;

const codes = Object.entries(errorCodes).map(([code, nextStep]) => `- \`${code}\`: ${nextStep}`);

export const errorsPage: Page = {
  path: "reference/errors.md",
  text: () => `${headOf("Error codes", "packages/base/src/error.ts")}

${about}

${codes.join("\n")}
`,
};
