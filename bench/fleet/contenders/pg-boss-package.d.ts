// What is used of pg-boss 12.38, whose own declarations do not compile: they name a type that they
// do not have. `paths` in tsconfig.json puts this in their place.

interface WorkOptions {
  readonly batchSize: number;
  readonly localConcurrency: number;
  readonly burstWhenBatchFull?: boolean;
}

export declare class PgBoss {
  constructor(options: {
    readonly connectionString: string;
    readonly max: number;
    readonly useListenNotify: boolean;
    readonly cronMonitorIntervalSeconds: number;
    readonly cronWorkerIntervalSeconds: number;
  });
  on(event: "error", listener: (error: Error) => void): this;
  start(): Promise<this>;
  stop(options: { readonly graceful: boolean }): Promise<void>;
  createQueue(name: string, options: { readonly notify: boolean }): Promise<void>;
  send(name: string, data: object): Promise<string | null>;
  insert(name: string, jobs: readonly { readonly data: object }[]): Promise<string[] | null>;
  work<Data>(
    name: string,
    options: WorkOptions,
    handler: (jobs: readonly { readonly data: Data }[]) => Promise<void>,
  ): Promise<string>;
  offWork(name: string, options: { readonly wait: boolean }): Promise<void>;
  schedule(name: string, cron: string): Promise<void>;
}
