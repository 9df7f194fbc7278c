/** Names of the yardstick that say nothing about an adapter such as ours, and why. */
export const notApplicable: Readonly<Record<string, string>> = {};
