import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LabClient, LabWatch } from "nomad-rdma";
import { DockerComposeEnvironment, getContainerRuntimeClient, Wait } from "testcontainers";
import { freePort } from "../../kit/free-port.ts";
import { type Ended, NomadCommand } from "../../kit/nomad-command.ts";
import { GuestPair } from "./guest-pair.ts";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const upMs = 60_000;

/** The networks of a lab. */
export type LabNetwork = "control" | "fabric";

/** What Compose shall start, and how. */
interface Services {
  readonly services: readonly string[];
  readonly options: readonly string[];
}

export interface DockerLabOptions {
  readonly hosts?: number;
  /** Beside central and hosts. */
  readonly services?: readonly string[];
  /** Files beside compose.yaml. */
  readonly files?: readonly string[];
  /** Of Compose. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Options of `compose up`: what runs stays as it is; how many hosts. */
const kept = ["--no-recreate"];
const scaled = (hosts: number) => ["--scale", `host=${hosts}`];

let labs = 0;

/** A lab of containers, started from compose.yaml. When it is disposed of nothing of it is left. */
export class DockerLab implements AsyncDisposable {
  readonly project: string;
  readonly secretFile = `${root}/.nomad/secret`;
  readonly url: string;
  readonly #files: readonly string[];
  #environment: Readonly<Record<string, string>>;
  #connected: { readonly client: LabClient; readonly events: LabWatch } | null = null;

  private constructor(port: number, { files = [], environment = {} }: DockerLabOptions) {
    this.project = `nomad-test-${process.pid}-${++labs}`;
    this.url = `http://127.0.0.1:${port}`;
    this.#files = ["compose.yaml", ...files];
    this.#environment = { NOMAD_PORT: String(port), ...environment };
  }

  /** Resolves when central and the hosts are healthy. */
  static async start(o: DockerLabOptions = {}): Promise<DockerLab> {
    const lab = new DockerLab(await freePort(), o);
    try {
      const services = ["central", "host", ...(o.services ?? [])];
      await lab.#up({ services, options: [...kept, ...scaled(o.hosts ?? 4)] });
      await lab.#connect();
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Changes the number of hosts; resolves when those that are to be there are healthy. */
  async scale(hosts: number): Promise<void> {
    await this.#up({ services: ["host"], options: [...kept, ...scaled(hosts)] });
  }

  /** What is started from now on is of the newest version of the protocol. */
  upgrade(): void {
    const { NOMAD_PROTOCOL_VERSION: _, ...rest } = this.#environment;
    this.#environment = rest;
  }

  /** Central's container again, where it was killed; resolves when it is healthy. */
  async startCentralAgain(): Promise<void> {
    await this.#up({ services: ["central"], options: kept });
    await this.#connect();
  }

  /** Another container for central, on the same journal; resolves when it is healthy. */
  async replaceCentral(): Promise<void> {
    await this.#up({ services: ["central"], options: ["--no-deps"] });
    await this.#connect();
  }

  async #up({ services, options }: Services): Promise<void> {
    await new DockerComposeEnvironment(root, [...this.#files])
      .withProjectName(this.project)
      .withEnvironment(this.#environment)
      .withClientOptions({ commandOptions: [...options] })
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(upMs)
      .up([...services]);
  }

  /** Events end with the central that tells them. */
  async #connect(): Promise<void> {
    await this.#connected?.events[Symbol.asyncDispose]();
    const secret = Buffer.from(readFileSync(this.secretFile, "utf8").trim());
    const client = new LabClient({ url: this.url, secret });
    this.#connected = { client, events: new LabWatch(client) };
  }

  get #live() {
    if (this.#connected === null) throw new Error(`the lab ${this.project} has not started`);
    return this.#connected;
  }

  get client(): LabClient {
    return this.#live.client;
  }

  get events(): LabWatch {
    return this.#live.events;
  }

  /** Runs `nomad-rdma` on this machine, on this lab. */
  nomad(...args: string[]): Promise<Ended> {
    return new NomadCommand([...args, "--lab", this.url, "--secret-file", this.secretFile], root).ended;
  }

  /** Starts two guests that talk to each other, and waits until they do. */
  startPair(first: { name: string; host: string }, second: { name: string; host: string }): Promise<GuestPair> {
    return GuestPair.start(this, first, second);
  }

  /** Waits until a host is in a state; `within` bounds what the lab promises. */
  async hostIs(name: string, state: "up" | "down" | "lost", within: number): Promise<void> {
    const is = () => this.events.view.hosts.get(name)?.state === state;
    await this.events.until(`${name} is ${state}`, is, within);
  }

  // --- what can happen to a container ---

  async kill(host: string): Promise<void> {
    await (await this.container(host)).kill({ signal: "SIGKILL" });
  }

  async startAgain(host: string): Promise<void> {
    await (await this.container(host)).start();
  }

  /** Runs a command in a container; its exit code. */
  async execute(name: string, ...command: string[]): Promise<number> {
    const args = ["exec", `${this.project}-${name}`, ...command];
    return execute("docker", args).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  }

  /** What a container has printed. */
  async logs(name: string): Promise<string> {
    const { stdout, stderr } = await execute("docker", ["logs", `${this.project}-${name}`]);
    return stdout + stderr;
  }

  async pause(host: string): Promise<void> {
    await (await this.container(host)).pause();
  }

  async unpause(host: string): Promise<void> {
    await (await this.container(host)).unpause();
  }

  async disconnect(host: string, network: LabNetwork): Promise<void> {
    const { id } = await this.container(host);
    await (await this.#network(network)).disconnect({ Container: id });
  }

  async connect(host: string, network: LabNetwork): Promise<void> {
    const { id } = await this.container(host);
    await (await this.#network(network)).connect({ Container: id });
  }

  /** The engine's handle of a container: `host-1`, `central-1`. */
  async container(name: string) {
    const { container } = await getContainerRuntimeClient();
    return container.getById(`${this.project}-${name}`);
  }

  async #network(name: LabNetwork) {
    const { network } = await getContainerRuntimeClient();
    return network.getById(`${this.project}_${name}`);
  }

  /** Everything of this lab that the engine still has: containers, networks, volumes. */
  async remains(): Promise<string[]> {
    const filter = ["--quiet", "--filter", `label=com.docker.compose.project=${this.project}`];
    const lists = [
      ["ps", "--all"],
      ["network", "ls"],
      ["volume", "ls"],
    ];
    const texts = await Promise.all(lists.map((list) => execute("docker", [...list, ...filter])));
    return texts.flatMap(({ stdout }) => stdout.split("\n")).filter((id) => id !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connected?.events[Symbol.asyncDispose]();
    const { compose } = await getContainerRuntimeClient();
    const project = { filePath: root, files: [...this.#files], projectName: this.project };
    await compose.down(project, { removeVolumes: true, timeout: 0 });
  }
}
