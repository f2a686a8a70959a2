// Sign-in of staff: goes on to the form with what was typed. Without JavaScript a person presses the button.
document.getElementById("carried_form").requestSubmit();
