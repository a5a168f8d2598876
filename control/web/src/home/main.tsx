import { render } from "preact";
import "../style/tokens.css";
import "../style/base.css";
import "../style/scene.css";
import "../style/home.css";
import { Home } from "./home";

render(<Home />, document.getElementById("app")!);
