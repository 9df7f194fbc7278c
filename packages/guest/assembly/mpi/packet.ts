// What goes from rank to rank by SEND: a header, and behind it the data of an eager message.

/** A message with its data. */
export const KIND_EAGER: u32 = 1;
/** A message whose data the receiver fetches by RDMA READ: where it is, and the sender's request. */
export const KIND_REQUEST_TO_SEND: u32 = 2;
/** The data of that request has been fetched. */
export const KIND_FINISHED: u32 = 3;
/** Nothing but credits. */
export const KIND_CREDIT: u32 = 4;

/** The largest message that goes with its header. */
export const EAGER_BYTES_MAX: u32 = 64 * 1024;

/** The header, in place: `changetype<Packet>(address)`. */
@unmanaged
export class Packet {
  kind: u32;
  /** The communicator, and whether it is a collective operation's. */
  context: u32;
  tag: i32;
  /** Of the message. */
  bytes: u32;
  /** Receives that have been posted again since the last packet. */
  credits: u32;
  /** The sender's request; in a FINISHED that of its receiver, who once sent it. */
  request: u32;
  /** Of the data to be fetched. */
  address: u32;
  key: u32;
}

export const HEADER_BYTES: u32 = offsetof<Packet>();
export const PACKET_BYTES_MAX: u32 = HEADER_BYTES + EAGER_BYTES_MAX;
