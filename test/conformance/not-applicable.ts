/** Names of the yardstick that say nothing about an adapter such as ours, and why. */
export const notApplicable: Readonly<Record<string, string>> = {
  "LoopbackUdQpTest.SendTrafficClass":
    "a packet on our wire begins with its base transport header: there is no header that would carry a traffic class",
};
