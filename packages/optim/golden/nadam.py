"""NAdam by its paper, which PyTorch 1.13 misses by a factor."""

import torch


class NAdam(torch.optim.Optimizer):
    """By the formulas of Dozat, "Incorporating Nesterov Momentum into Adam", 2016."""

    def __init__(self, parameters, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3):
        super().__init__(parameters, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay))

    def step(self, closure):
        with torch.enable_grad():
            loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self.change(parameter, group, self.state[parameter])
        return loss

    def change(self, parameter, group, state):
        beta1, beta2 = group["betas"]
        if not state:
            state.update(t=0, product=1.0, m=torch.zeros_like(parameter), v=torch.zeros_like(parameter))
        state["t"] += 1
        t = state["t"]
        now, next_one = (beta1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1))
        state["product"] *= now
        g = parameter.grad + group["weight_decay"] * parameter
        state["m"] = beta1 * state["m"] + (1 - beta1) * g
        state["v"] = beta2 * state["v"] + (1 - beta2) * g**2
        ahead = next_one / (1 - state["product"] * next_one) * state["m"] + (1 - now) / (1 - state["product"]) * g
        parameter -= group["lr"] * ahead / ((state["v"] / (1 - beta2**t)).sqrt() + group["eps"])
