// The first page: sign in, or my meetings.
import { useEffect, useState } from "preact/hooks";
import { type Account, api } from "../api";
import { Problem } from "../problem";
import { Scene } from "../ui/scene";
import { Desk } from "./desk";
import { SignIn } from "./signin";

const retryMs = 3_000;

type State = { at: "loading" } | { at: "out"; note?: string } | { at: "in"; account: Account };

export function Home() {
  const [state, setState] = useState<State>({ at: "loading" });
  const ask = async () => {
    try {
      setState({ at: "in", account: await api.me() });
    } catch (error) {
      const code = error instanceof Problem ? error.code : "internal";
      setState(code === "signed-out" ? { at: "out" } : { at: "out", note: code });
    }
  };
  useEffect(() => void ask(), []);
  const lost = state.at === "out" && state.note !== undefined && state.note !== "signed-out";
  useEffect(() => {
    if (!lost) return;
    const timer = setInterval(ask, retryMs);
    return () => clearInterval(timer);
  }, [lost]);
  const signedOut = () => setState({ at: "out", note: "signed-out" });

  if (state.at === "loading") return <main class="home" data-testid="home" data-state="loading" aria-busy="true"><Scene /></main>;
  if (state.at === "out") {
    return (
      <main class="home" data-testid="home" data-state="signed-out">
        <SignIn note={state.note} onSignedIn={(account) => setState({ at: "in", account })} />
        <Scene />
      </main>
    );
  }
  return <Desk account={state.account} onSignedOut={signedOut} onLeave={() => setState({ at: "out" })} />;
}
