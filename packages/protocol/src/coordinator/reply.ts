import type { ErrorCode, NomadError } from "@nomad/base";
import type { Answer, Unnumbered } from "../message.ts";

/** Answers one request, once. */
export interface Reply {
  readonly from: string;
  answer(answer: Unnumbered<Answer>): void;
  fail(error: NomadError): void;
  refuse(code: ErrorCode, message: string): void;
}
