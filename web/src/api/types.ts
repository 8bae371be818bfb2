/** What the page and the server say to each other. Only this folder knows the server's spelling. */

/** A request by its fields, as the server's schema names them. */
export type Fields = Record<string, unknown>;

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  readonly id: string;
  /** image, upscale...: one of the schemas. */
  readonly kind: string;
  readonly state: JobState;
  readonly request: Fields;
  /** How many jobs go first; 0 for the next one and for those that do not wait. */
  readonly position: number;
  /** Steps done of steps; 0 of 0 before the first. */
  readonly step: number;
  readonly steps: number;
  /** An address of the picture as it stands; "" for none. */
  readonly preview: string;
  /** When the first step was done, in the page's own milliseconds; 0 before that. */
  readonly since: number;
  readonly error: string;
  /** Sentences about what the server did differently, such as using less memory. */
  readonly notes: readonly string[];
  /** The ids of the pictures that are ready, in the order of the batch. */
  readonly pictures: readonly string[];
}

export interface Picture {
  readonly id: string;
  /** Where it stands in the gallery; later pictures have larger numbers. */
  readonly number: number;
  readonly job: string;
  readonly index: number;
  readonly request: Fields;
  readonly width: number;
  readonly height: number;
  readonly starred: boolean;
  readonly url: string;
  readonly thumbnail: string;
  /** The picture this one was painted from; "" for none. */
  readonly parent: string;
  /** The pictures it was painted from by field, "init" and "mask", as ids of the gallery. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Named {
  readonly id: string;
  readonly label: string;
}

/** Words kept under a name, laid over the prompts. */
export interface Style {
  readonly name: string;
  readonly prompt: string;
  readonly negative: string;
}

export interface Catalogue {
  readonly models: readonly Named[];
  readonly samplers: readonly Named[];
  readonly schedules: readonly Named[];
  readonly upscalers: readonly Named[];
  readonly autoencoders: readonly Named[];
  readonly controlnets: readonly Named[];
  /** What each kind of work can be asked for with. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** The part of JSON Schema that requests are described in. */
export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly contentEncoding?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Record<string, Schema>;
  /** Of the whole request: the parts that it is made of. */
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** What the server tells while it works. */
export interface Notice {
  readonly sequence: number;
  readonly job: string;
  readonly what: JobState | "moved" | "picture" | "progress";
  readonly picture: string;
  readonly step: number;
  readonly steps: number;
  readonly preview: string;
}

/** The server's answer was no: its sentence, and the status. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** Seconds to wait, when the server is busy. */
    readonly wait = 0,
  ) {
    super(message);
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {}
