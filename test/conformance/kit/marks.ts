// Bytes by which a test knows a message again: a text that tells which, over and over, in no step with packets.

const markOf = (salt: number) => `message ${salt}, `;

export function mark(bytes: Buffer, salt: number): void {
  bytes.fill(markOf(salt));
}

export function isMarked(bytes: Buffer, salt: number): boolean {
  return bytes.equals(Buffer.alloc(bytes.length, markOf(salt)));
}
