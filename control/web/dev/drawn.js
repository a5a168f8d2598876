// Cameras and a shared screen that are drawn, for pictures of the pages: people
// who move a little, and slides. Injected before the page's own scripts; it never ships.
(() => {
  const looks = [
    ["#d9cdb8", "#3f6a86", "#e3b08c", "#3b2a20"], ["#b9c7c0", "#8a4b3f", "#8d5a3c", "#17120f"], ["#cfc4cf", "#2f6f6b", "#f0c8a8", "#a3672f"],
    ["#a9b9c4", "#5c7040", "#c98d63", "#2a1c14"], ["#e0d2b0", "#4f5f8a", "#6d432c", "#0f0c0a"], ["#c4cfb9", "#7b4f74", "#f2d0b5", "#c9a25a"],
    ["#d6c0b4", "#2c3f45", "#dca27c", "#6a6460"], ["#bfc9cf", "#7a5a2e", "#a8714c", "#241812"],
  ];
  const hash = (s) => [...s].reduce((h, c) => (h * 31 + c.charCodeAt(0)) >>> 0, 7);

  function film(name, i, width = 480, height = 270) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const g = canvas.getContext("2d");
    const [wall, shirt, skin, hair] = looks[(i * 3 + 1) % looks.length];
    const h = hash(name);
    const draw = () => {
      const t = performance.now() / 1000 + i;
      const u = height / 270;
      g.setTransform(u, 0, 0, u, 0, 0);
      const w = width / u;
      const light = g.createLinearGradient(0, 0, w, 270);
      light.addColorStop(0, "#ffffff55");
      light.addColorStop(1, "#00000033");
      g.fillStyle = wall; g.fillRect(0, 0, w, 270);
      g.fillStyle = light; g.fillRect(0, 0, w, 270);
      if (h % 3 === 0) { g.fillStyle = "#ffffff99"; g.fillRect(40, 26, 92, 112); g.fillStyle = "#8fb3c0"; g.fillRect(46, 32, 38, 100); g.fillRect(90, 32, 36, 100); }
      if (h % 3 === 1) { g.fillStyle = "#5b4a3a"; g.fillRect(w - 150, 84, 120, 7); for (let b = 0; b < 9; b++) { g.fillStyle = looks[b % 8][1]; g.fillRect(w - 145 + b * 12, 84 - 34 - (b * 7) % 15, 9, 34 + (b * 7) % 15); } }
      if (h % 3 === 2) { g.fillStyle = "#47604a"; for (let b = 0; b < 6; b++) { g.beginPath(); g.ellipse(62 + b * 9, 128 - (b % 3) * 26, 9, 30, (b - 3) * 0.35, 0, 7); g.fill(); } g.fillStyle = "#a5694a"; g.fillRect(64, 150, 44, 40); }
      const x = w / 2 + Math.sin(t * 0.7) * 5;
      const y = 128 + Math.sin(t * 1.3) * 2;
      g.fillStyle = shirt; g.beginPath(); g.moveTo(x - 118, 280); g.bezierCurveTo(x - 112, 206, x - 60, 198, x - 24, 192); g.lineTo(x + 24, 192); g.bezierCurveTo(x + 60, 198, x + 112, 206, x + 118, 280); g.fill();
      g.fillStyle = skin; g.fillRect(x - 20, 160, 40, 42); g.beginPath(); g.ellipse(x, 200, 21, 13, 0, 0, 7); g.fill();
      if (h % 2) { g.fillStyle = hair; g.beginPath(); g.ellipse(x, y + 10, 60, 78, 0, 0, 7); g.fill(); }
      g.fillStyle = skin; g.beginPath(); g.ellipse(x, y, 46, 58, 0, 0, 7); g.fill();
      g.fillStyle = hair; g.beginPath(); g.ellipse(x, y - 30, 50, 36, 0, Math.PI, 0); g.quadraticCurveTo(x + 44, y - 12, x + 30, y - 28); g.quadraticCurveTo(x, y - 40, x - 34, y - 24); g.quadraticCurveTo(x - 46, y - 12, x - 50, y - 30); g.fill();
      g.fillStyle = "#2a211c"; const blink = t % 4 < 0.12 ? 0.6 : 4.4;
      for (const s of [-17, 17]) { g.beginPath(); g.ellipse(x + s, y - 2, 4, blink, 0, 0, 7); g.fill(); }
      g.strokeStyle = "#7a3d2c"; g.lineWidth = 3.4; g.lineCap = "round"; g.beginPath(); g.arc(x, y + 16, 15, 0.35, Math.PI - 0.35); g.stroke();
    };
    draw();
    setInterval(draw, 120);
    return canvas.captureStream(8).getVideoTracks()[0];
  }

  function slides() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const g = canvas.getContext("2d");
    const draw = () => {
      g.fillStyle = "#fdfcf8"; g.fillRect(0, 0, 1280, 720);
      g.fillStyle = "#0d5c59"; g.fillRect(0, 0, 1280, 10);
      g.fillStyle = "#14262b"; g.font = "600 50px Liberation Sans"; g.fillText("North quay: what is left to do", 80, 118);
      g.font = "28px Liberation Sans"; g.fillStyle = "#4a5d61";
      ["Piling finished on 14 of 16 bays", "Two cranes back in service this week", "Tide gates: tests from Thursday"].forEach((s, i) => g.fillText("•  " + s, 84, 200 + i * 52));
      [62, 84, 71, 96, 88, 110, 132].forEach((v, i) => { g.fillStyle = i === 6 ? "#c97d12" : "#6fa9a2"; g.fillRect(84 + i * 96, 640 - v * 1.7, 62, v * 1.7); });
      g.fillStyle = "#dcd8ca"; g.fillRect(84, 641, 650, 3);
      g.fillStyle = "#4a5d61"; g.font = "22px Liberation Sans"; g.fillText(new Date().toLocaleTimeString("en-GB"), 1130, 680);
    };
    draw();
    setInterval(draw, 500);
    return canvas.captureStream(5).getVideoTracks()[0];
  }

  window.drawn = { film, slides };
})();
