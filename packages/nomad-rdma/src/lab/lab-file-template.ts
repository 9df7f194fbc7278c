/** A lab file to begin with: it says of each field what it is. `schema` is the path of the file's JSON Schema. */
export function labFileTemplate(schema: string): string {
  return `{
  // Editors complete and explain the fields by it.
  "$schema": ${JSON.stringify(schema)},
  "name": "my-lab",

  // How many hosts, then named host-a, host-b, ...; or by name: [{ "name": "left" }, { "name": "right" }].
  "hosts": 3,

  // How many guests may move from or to one host at a time; the others wait for their turn.
  "movesPerHost": 2,

  // Who may talk to whom, such as "blue=0x8001:host-a,host-b=limited". With none, everyone may.
  "partitions": [],

  // Guests that start with the lab. The image is what \`nomad-rdma image build guest.ts\` makes; without a host central chooses.
  "guests": [
    { "name": "alice", "image": "guest", "host": "host-a", "arguments": { "name": "alice", "peer": "bob" } },
    { "name": "bob", "image": "guest", "host": "host-b", "arguments": { "name": "bob", "peer": "alice" } }
  ]
}
`;
}
