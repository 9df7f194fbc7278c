// Messages of InfiniBand's connection manager (IBA 12.6), each in a management datagram (MAD) of 256 bytes: a header of 24,
// and 232 of data. Fields are [first byte, bytes] of the data, big-endian. Only what two ends of a reliable connection on
// one subnet need is there; the rest is zero.

export const MAD_BYTES = 256;
export const MAD_HEADER_BYTES = 24;

type Field = readonly [at: number, bytes: number];

interface Layout {
  /** Attribute ID of the MAD. */
  readonly attribute: number;
  readonly fields: Readonly<Record<string, Field>>;
  readonly privateData: Field;
}

const ids = { localId: [0, 4], remoteId: [4, 4] } as const;

export const layouts = {
  /** Ask for a connection. The first 36 bytes of its private data are rdma_cm's: port and addresses. */
  REQ: {
    attribute: 0x10,
    fields: {
      localId: [0, 4],
      serviceId: [8, 8],
      qpn: [32, 3],
      responderResources: [35, 1],
      initiatorDepth: [39, 1],
      /** Remote CM response timeout (5 bits), transport service (2), flow control (1). */
      remoteTimeout: [43, 1],
      psn: [44, 3],
      /** Local CM response timeout (5 bits), retry count (3). */
      localTimeout: [47, 1],
      pkey: [48, 2],
      /** Path MTU (4 bits), RDC exists (1), RNR retry count (3). */
      mtu: [50, 1],
      /** Of CM messages (4 bits), SRQ (1). */
      cmRetries: [51, 1],
      localLid: [52, 2],
      remoteLid: [54, 2],
      /** Local ACK timeout (5 bits). */
      ackTimeout: [95, 1],
      ipVersion: [141, 1],
      sourcePort: [142, 2],
      sourceIp: [156, 4],
      destinationIp: [172, 4],
    },
    privateData: [176, 56],
  },
  /** Accept. */
  REP: {
    attribute: 0x13,
    fields: {
      ...ids,
      qpn: [12, 3],
      psn: [20, 3],
      responderResources: [24, 1],
      initiatorDepth: [25, 1],
      /** RNR retry count (3 bits), SRQ (1). */
      rnrRetry: [27, 1],
    },
    privateData: [36, 196],
  },
  /** Refuse, or give up. */
  REJ: {
    attribute: 0x12,
    fields: {
      ...ids,
      /** 0 a REQ, 1 a REP, 2 anything else, in the highest 2 bits. */
      rejected: [8, 1],
      reason: [10, 2],
    },
    privateData: [84, 148],
  },
  /** Ready to use. */
  RTU: { attribute: 0x14, fields: ids, privateData: [8, 224] },
  /** Ask for the end. */
  DREQ: { attribute: 0x15, fields: { ...ids, remoteQpn: [8, 3] }, privateData: [12, 220] },
  /** Agree to the end. */
  DREP: { attribute: 0x16, fields: ids, privateData: [8, 224] },
} as const satisfies Record<string, Layout>;

export type Kind = keyof typeof layouts;

/** Reasons of a REJ (IBA 12.6.7.2). */
export const rejectReasons = { timeout: 4, invalidServiceId: 8, consumer: 28 } as const;
