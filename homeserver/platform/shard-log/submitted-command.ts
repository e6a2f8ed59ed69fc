/** What the one who submits a command knows of it. Input and result are plain JSON: they may cross processes. */
export interface SubmittedCommand<Input, Result> {
  readonly name: string;
  /** Commands of one shard with the same key run one after another. */
  key(input: Input): string;
  /** Only a type: what the command's decision results in. */
  readonly resultType?: Result;
}
