/** Live painting's socket: the newest sketch goes out, the newest picture comes back.
 *
 * One sketch is on its way at a time, and one waits; a newer one takes its place. So the picture
 * never lags behind by more than one, and a fast hand does not keep it from being finished. A
 * picture of an older revision than the one shown is dropped.
 */

export interface LiveFrame {
  readonly picture: Blob;
  readonly request: object;
  /** The picture shall stay in the gallery. */
  readonly keep: boolean;
}

export interface LiveListener {
  /** A picture as it stands; `done` for a finished one. */
  readonly picture: (picture: Blob, done: boolean, kept: boolean) => void;
  readonly refused: (sentence: string) => void;
  readonly closed: () => void;
}

/** Revision, step and steps before the picture's bytes. */
const HEADER = 8;

export class Live {
  #socket: WebSocket;
  #settings = "";
  #waiting: LiveFrame | null = null;
  #painting: LiveFrame | null = null;
  #revision = 0;

  constructor(private readonly listener: LiveListener) {
    const address = new URL("ws/live", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    this.#socket = new WebSocket(address);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => void this.#next();
    this.#socket.onmessage = ({ data }) =>
      typeof data === "string" ? this.#told(data) : this.#shown(data as ArrayBuffer);
    this.#socket.onclose = () => listener.closed();
  }

  /** Have this sketch painted, unless a newer one comes first. */
  paint(frame: LiveFrame): void {
    this.#waiting = { ...frame, keep: frame.keep || (this.#waiting?.keep ?? false) };
    void this.#next();
  }

  close(): void {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  async #next(): Promise<void> {
    if (this.#painting || !this.#waiting || this.#socket.readyState !== WebSocket.OPEN) return;
    const frame = this.#waiting;
    [this.#painting, this.#waiting] = [frame, null];
    const picture = new Uint8Array(await frame.picture.arrayBuffer());
    const bytes = new Uint8Array(4 + picture.length);
    new DataView(bytes.buffer).setUint32(0, ++this.#revision);
    bytes.set(picture, 4);
    if (this.#socket.readyState !== WebSocket.OPEN) return;

    const settings = JSON.stringify(frame.request);
    if (settings !== this.#settings) this.#socket.send(`{"request":${settings}}`);
    this.#settings = settings;
    if (frame.keep) this.#socket.send('{"keep":true}');
    this.#socket.send(bytes);
  }

  #told(text: string): void {
    const { error } = JSON.parse(text) as { error?: string };
    if (!error) return;
    this.#painting = null;
    this.listener.refused(error);
    void this.#next();
  }

  #shown(data: ArrayBuffer): void {
    const header = new DataView(data);
    if (header.getUint32(0) !== this.#revision) return;
    const done = header.getUint16(4) >= header.getUint16(6);
    this.listener.picture(new Blob([data.slice(HEADER)]), done, done && (this.#painting?.keep ?? false));
    if (!done) return;
    this.#painting = null;
    void this.#next();
  }
}
