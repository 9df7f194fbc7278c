export { isErrorCode } from "./answer.ts";
export { LabApi, type RunningCapture } from "./lab-api.ts";
export type { ApiAnswer, ApiRequest, Transport } from "./transport.ts";
