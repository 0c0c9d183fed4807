/** One option of a command: how it is written, and what `--help` says of it. */
export type Option = SwitchOption | TextOption | ListOption;

export interface SwitchOption {
  readonly type: "boolean";
  readonly short?: string;
  readonly help: string;
}

export interface TextOption {
  readonly type: "string";
  readonly short?: string;
  /** What the value is called in the help text. */
  readonly value: string;
  readonly help: string;
}

/** May be given several times. */
export interface ListOption extends TextOption {
  readonly multiple: true;
}

/** The options that give a command its `Values`: none forgotten, none too many, each of the right kind. */
export type OptionsFor<Values> = {
  readonly [K in keyof Values]-?: OptionFor<NonNullable<Values[K]>>;
};

type OptionFor<Value> = [Value] extends [boolean]
  ? SwitchOption
  : [Value] extends [readonly string[]]
    ? ListOption
    : TextOption;
