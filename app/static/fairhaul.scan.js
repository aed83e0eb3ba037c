// Reads a label by camera where the browser can; else the field takes what is typed, or what a hand scanner sends.
const box = document.querySelector("[data-scan]");
const field = box?.form?.elements.code;
const formats = ["qr_code", "code_128", "data_matrix"];

if (field && "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
  box.hidden = false;
  const video = document.getElementById("scan-picture");
  const words = document.getElementById("scan-words");
  box.addEventListener("click", async () => {
    box.disabled = true;
    try {
      const detector = new BarcodeDetector({ formats });
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      const look = async () => {
        const [found] = await detector.detect(video).catch(() => []);
        if (!found) return setTimeout(look, 150);
        stream.getTracks().forEach((track) => track.stop());
        field.value = found.rawValue;
        field.form.requestSubmit();
      };
      look();
    } catch {
      words.hidden = false;
      box.disabled = false;
    }
  });
}
field?.focus();
