// Flamenco: render frames with Blender, and hand each chunk in when it is done.
//
// Put this file into the `scripts` folder beside the Manager. The workers need the `upscaled`
// command and the share.

const JOB_TYPE = {
    label: "Render and upscale",
    settings: [
        { key: "frames", type: "string", required: true,
          eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
          description: "Frames to render: '47', '1-30', '3, 5-10'" },
        { key: "chunk_size", type: "int32", default: 10, visible: "submission",
          description: "Frames in one task" },
        { key: "render_output", type: "string", subtype: "file_path", required: true,
          description: "Where frames go, with one run of #: /mnt/farm/sh010/sh010.####" },
        { key: "format", type: "string", default: "PNG", description: "PNG or OPEN_EXR" },
        { key: "extension", type: "string", default: ".png", description: ".png or .exr" },
        { key: "target", type: "string", default: "4k", description: "4k, ACME/print-a2" },
        { key: "inbox", type: "string", default: "", description: "As the workers see it" },
        { key: "upscaled", type: "string", default: "upscaled", description: "The command" },
        { key: "blendfile", type: "string", required: true, visible: "web",
          description: "Path of the Blend file" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    for (const chunk of frameChunker(settings.frames, settings.chunk_size)) {
        const task = author.Task(`render-${chunk}`, "blender");
        task.addCommand(author.Command("blender-render", {
            exe: "{blender}",
            exeArgs: "{blenderArgs}",
            argsBefore: [],
            blendfile: settings.blendfile,
            args: [
                "--render-output", settings.render_output,
                "--render-format", settings.format,
                "--render-frame", chunk.replaceAll("-", ".."),
            ],
        }));
        const where = settings.inbox ? ["--inbox", settings.inbox] : [];
        const files = framesOf(chunk).map((frame) => pathOf(settings, frame));
        task.addCommand(author.Command("exec", {
            exe: settings.upscaled,
            args: ["submit", ...files, "--target", settings.target, ...where],
        }));
        job.addTask(task);
    }
}

// Returns the numbers in a chunk such as "3,5-7".
function framesOf(chunk) {
    const frames = [];
    for (const part of chunk.split(",")) {
        const ends = part.split("-").map((text) => parseInt(text.trim(), 10));
        for (let frame = ends[0]; frame <= ends[ends.length - 1]; frame++) {
            frames.push(frame);
        }
    }
    return frames;
}

// Returns a frame's file as Blender names it.
function pathOf(settings, frame) {
    const padded = (run) => String(frame).padStart(run.length, "0");
    return settings.render_output.replace(/#+/, padded) + settings.extension;
}
