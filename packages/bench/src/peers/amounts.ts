import { type Amounts, fullAmounts, quickAmounts } from "../hca/amounts.ts";

/** Others start two processes for each sample, so there are fewer. */
export const fullPeers: Amounts = { ...fullAmounts, warmUps: 1, rounds: 5 };
export const quickPeers: Amounts = { ...quickAmounts, warmUps: 0 };
