declare const brand: unique symbol;

/** A number that must not be mixed with another kind of number. */
export type Brand<Kind extends string> = number & { readonly [brand]: Kind };

/** Packet sequence number, 24 bits. */
export type Psn = Brand<"Psn">;
/** Queue pair number of one adapter, 24 bits. */
export type Qpn = Brand<"Qpn">;
/** Queue pair number that a program sees; unique together with its guest's vLID. */
export type VQpn = Brand<"VQpn">;
/** Local identifier of a host's port, 16 bits. */
export type Lid = Brand<"Lid">;
/** Local identifier that a guest keeps for its life, given by central, 16 bits. */
export type VLid = Brand<"VLid">;
/** Local key of a memory region on one adapter, 32 bits. */
export type LKey = Brand<"LKey">;
/** Remote key of a memory region on one adapter, 32 bits. */
export type RKey = Brand<"RKey">;
/** Key of a memory region that a program sees (v-lkey and v-rkey alike), 32 bits. */
export type VKey = Brand<"VKey">;
